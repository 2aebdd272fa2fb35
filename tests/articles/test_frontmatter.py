import pytest

from feedbot.articles.frontmatter import (
    MAX_DEPTH,
    MAX_EVENTS,
    MAX_FILE_BYTES,
    MAX_FRONT_MATTER_BYTES,
    Node,
    Unusable,
    parse_front_matter,
    split_front_matter,
)


def fields(text: str) -> dict:
    return parse_front_matter(text).fields


def plain(node: Node):
    """A node without its lines."""
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


def why_not_split(raw: bytes) -> tuple[int, str]:
    with pytest.raises(Unusable) as caught:
        split_front_matter(raw)
    return caught.value.line, caught.value.reason


def why_not_parsed(text: str) -> tuple[int, str]:
    with pytest.raises(Unusable) as caught:
        parse_front_matter(text)
    return caught.value.line, caught.value.reason


class TestSplitting:
    def test_front_matter_lies_between_fences_and_the_body_below(self):
        parts = split_front_matter(b"---\ntitle: A\n---\nThe body\n")
        assert (parts.front, parts.body, parts.body_line) == ("title: A\n", "The body\n", 4)

    def test_three_dots_close_front_matter_too(self):
        assert split_front_matter(b"---\na: 1\n...\nbody").body == "body"

    def test_fences_may_have_white_space_behind(self):
        assert split_front_matter(b"--- \na: 1\n---\t\nbody").front == "a: 1\n"

    def test_a_fence_within_a_line_closes_nothing(self):
        assert split_front_matter(b"---\na: x --- y\nb: '----'\n---\n").front == "a: x --- y\nb: '----'\n"

    def test_front_matter_may_be_empty(self):
        assert split_front_matter(b"---\n---\nbody").front == ""

    def test_the_file_may_end_at_the_fence(self):
        assert split_front_matter(b"---\na: 1\n---").body == ""

    @pytest.mark.parametrize("end", ["\r\n", "\r"])
    def test_line_ends_of_windows_and_old_macs_are_understood(self, end):
        parts = split_front_matter(f"---{end}a: 1{end}---{end}one{end}two{end}".encode())
        assert (parts.front, parts.body, parts.body_line) == ("a: 1\n", "one\ntwo\n", 4)

    def test_a_byte_order_mark_is_dropped(self):
        assert split_front_matter(b"\xef\xbb\xbf---\na: 1\n---\n").front == "a: 1\n"

    def test_a_file_without_an_opening_fence_has_no_front_matter(self):
        assert why_not_split(b"# A heading\n") == (1, "there is no front matter: expected --- as the first line")
        assert why_not_split(b"----\na: 1\n---\n")[1].startswith("there is no front matter")

    def test_an_empty_file_is_called_empty(self):
        assert why_not_split(b" \n") == (1, "the file is empty")

    def test_toml_front_matter_is_called_so(self):
        assert "TOML" in why_not_split(b"+++\ntitle = 'A'\n+++\n")[1]

    @pytest.mark.parametrize("raw", [b"---", b"---\n", b"---\ntitle: A\n", b"---\ntitle: A\n ---\n"])
    def test_an_unclosed_fence_is_refused(self, raw):
        assert why_not_split(raw) == (1, "the front matter is not closed: expected a line --- below it")

    @pytest.mark.parametrize("raw", [b"---\na: 1\nb: \xe9\n---\n", b"---\na: 1\n---\xe9\n---\n\xe9"])
    def test_what_is_not_utf_8_is_refused_with_its_line(self, raw):
        assert why_not_split(raw) == (3, "the file is not UTF-8 text")

    def test_a_body_that_is_not_utf_8_is_refused_with_its_line(self):
        assert why_not_split(b"---\na: 1\n---\nx\n\xff\n") == (5, "the file is not UTF-8 text")

    def test_utf_16_is_called_so(self):
        assert "UTF-16" in why_not_split("\ufeff---\n".encode("utf-16-le"))[1]

    def test_a_nul_byte_is_refused_with_its_line(self):
        assert why_not_split(b"---\na: 1\nb: \0\n---\n") == (3, "the file holds a NUL byte, so it is not text")

    @pytest.mark.parametrize("odd", ["\x07", "\x7f", "\x9b", "\ufeff", "\ufffe"])
    def test_control_characters_are_left_out_with_a_remark(self, odd):
        parts = split_front_matter(f"---\na: 1\nb: x{odd}y\n---\n".encode())
        assert parts.front == "a: 1\nb: xy\n"
        assert [(oddity.line, oddity.text) for oddity in parts.oddities] == [
            (3, "control characters are left out here")
        ]

    @pytest.mark.parametrize("odd", ["\x85", "\u2028", "\u2029"])
    def test_what_only_yaml_takes_for_a_line_break_is_a_space(self, odd):
        parts = split_front_matter(f"---\ntitle: x{odd}y\nb: 1\n---\n".encode())
        found = fields(parts.front)
        assert found["title"].value == "x y"
        assert found["b"].line == 3

    def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_not(self):
        front = b"---\na: 1\n---\n"
        assert split_front_matter(front + b"x" * (MAX_FILE_BYTES - len(front))).body
        line, reason = why_not_split(front + b"x" * (MAX_FILE_BYTES - len(front) + 1))
        assert (line, reason) == (0, "the file is larger than 1,048,576 bytes")

    def test_front_matter_of_the_largest_size_is_read_and_one_byte_more_is_not(self):
        comment = b"#" + b"x" * (MAX_FRONT_MATTER_BYTES - 2) + b"\n"
        assert len(split_front_matter(b"---\n" + comment + b"---\n").front) == MAX_FRONT_MATTER_BYTES
        assert "larger than 262,144 bytes" in why_not_split(b"---\n#" + comment + b"---\n")[1]


class TestParsing:
    def test_every_scalar_is_text_as_it_stands(self):
        text = "a: 2020-01-24\nb: 010\nc: yes\nd: 1:30\ne: 1e3\nf: 0x1f\ng: true\nh: .nan\n"
        assert {key: node.value for key, node in fields(text).items()} == {
            "a": "2020-01-24",
            "b": "010",
            "c": "yes",
            "d": "1:30",
            "e": "1e3",
            "f": "0x1f",
            "g": "true",
            "h": ".nan",
        }

    def test_a_date_that_the_calendar_lacks_and_a_giant_number_are_text(self):
        assert fields("a: 2020-02-30\n")["a"].value == "2020-02-30"
        assert fields(f"a: {'9' * 5000}\n")["a"].value == "9" * 5000

    @pytest.mark.parametrize("text", ["a:\n", "a: ~\n", "a: null\n", "a: NULL\n", "{a: }"])
    def test_null_and_nothing_are_none(self, text):
        assert fields(text)["a"].value is None

    def test_a_quoted_null_is_text(self):
        assert {key: node.value for key, node in fields("a: '~'\nb: \"\"\nc: 'null'\n").items()} == {
            "a": "~",
            "b": "",
            "c": "null",
        }

    def test_a_tag_changes_nothing(self):
        assert fields("a: !!binary YWJj\nb: !mine [1]\n")["a"].value == "YWJj"

    def test_collections_nest_in_one_another(self):
        text = "a:\n  - b: 1\n    c: [x, {d: y}]\n  - z\ne: {f: {g: h}}\ni: last\n"
        assert plain(Node(fields(text), 1)) == {
            "a": [{"b": "1", "c": ["x", {"d": "y"}]}, "z"],
            "e": {"f": {"g": "h"}},
            "i": "last",
        }

    def test_every_value_knows_its_line_and_column_in_the_file(self):
        found = fields("a: 1\nb:\n  - x\n  - y\n\nc: {d: 2}\n")
        assert (found["a"].column, found["b"].value[0].column, found["c"].value["d"].column) == (4, 5, 8)
        assert found["a"].line == 2
        assert [item.line for item in found["b"].value] == [4, 5]
        assert found["c"].value["d"].line == 7

    def test_a_duplicate_key_keeps_the_last_value_and_says_so(self):
        front = parse_front_matter("a: 1\nb: 2\na: 3\n")
        assert front.fields["a"] == Node("3", 4, 4)
        assert [(oddity.line, oddity.column, oddity.field, oddity.text) for oddity in front.oddities] == [
            (4, 1, "a", "is given twice; the last one counts")
        ]

    def test_a_key_in_two_mappings_is_no_duplicate(self):
        assert parse_front_matter("a: {x: 1}\nb: {x: 1}\nx: 1\n").oddities == ()

    @pytest.mark.parametrize("name", ["secured", "Secured", "SECURED", "'secured'"])
    def test_what_is_secured_is_not_kept_at_any_depth(self, name):
        text = f"a: [{{{name}: x, b: 1}}]\n{name}: {{c: [d]}}\ne: 2\n"
        assert plain(Node(fields(text), 1)) == {"a": [{"b": "1"}], "e": "2"}

    def test_a_character_that_yaml_forbids_is_refused(self):
        assert why_not_parsed("a: 1\nb: \x07\n") == (2, "the front matter is not YAML")

    def test_empty_front_matter_has_no_fields(self):
        assert fields("") == {}
        assert fields("# a comment\n") == {}
        assert fields("~\n") == {}

    @pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n", "[a]\n"])
    def test_what_is_no_mapping_is_refused(self, text):
        assert why_not_parsed(text)[1].startswith("the front matter is no list of fields")

    @pytest.mark.parametrize("text", ["a: 1\n[x]: 1\n", "a: 1\n{x: y}: 1\n", "a: 1\n? [x, y]\n: 1\n", "a: 1\n~: 1\n"])
    def test_a_key_that_is_not_text_is_refused_with_its_line(self, text):
        assert why_not_parsed(text) == (3, "a field's name must be text")

    @pytest.mark.parametrize(
        "text",
        [
            "a: 1\nb: &x 1\n",
            "a: 1\nb: &x [1]\n",
            "a: 1\nb: &x {y: z}\n",
            "a: 1\n&x b: 1\n",
        ],
    )
    def test_an_anchor_is_refused_with_its_line(self, text):
        line, reason = why_not_parsed(text)
        assert line == 3
        assert "anchor" in reason

    def test_an_alias_is_refused_with_its_line(self):
        line, reason = why_not_parsed("a: 1\nb: *x\n")
        assert line == 3
        assert "alias" in reason

    def test_a_bomb_of_aliases_is_refused(self):
        bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 30))
        assert "anchor" in why_not_parsed(bomb)[1]

    @pytest.mark.parametrize(
        "text", ["a: b: c\n", "a: 'x\n", "a: [1, 2\n", "a: {b\n", "\ta: 1\n", "a: @x\n", 'a: "\\q"\n']
    )
    def test_broken_yaml_is_refused_with_a_line_and_words_that_are_not_the_parsers(self, text):
        line, reason = why_not_parsed(text)
        assert line >= 2
        assert reason.startswith("the front matter is not YAML")

    def test_a_colon_in_unquoted_text_is_explained_at_its_line(self):
        assert why_not_parsed("a: 1\ntitle: Police: a story\n") == (
            3,
            "the front matter is not YAML: a colon in unquoted text; put the text in quotes",
        )

    def test_a_second_document_is_refused(self):
        assert "more than one YAML document" in why_not_parsed("a: 1\n--- # another\nb: 2\n")[1]


class TestBounds:
    def test_nesting_to_the_bound_is_read_and_one_level_more_is_not(self):
        def nested(depth: int) -> str:
            return "a: " + "[" * (depth - 1) + "]" * (depth - 1) + "\n"

        assert fields(nested(MAX_DEPTH))
        assert why_not_parsed(nested(MAX_DEPTH + 1)) == (2, "the front matter is nested more than 20 levels deep")

    @pytest.mark.parametrize(
        "text",
        [
            "[" * 250_000,
            "- " * 125_000,
            "a: " + "[" * 125_000 + "]" * 125_000,
            "{a: " * 60_000,
            "\n".join(" " * depth + "a:" for depth in range(700)),
        ],
        ids=["lists", "items", "closed lists", "keyed mappings", "indentation"],
    )
    def test_a_bomb_of_nesting_is_refused(self, text):
        assert why_not_parsed(text)[1] == "the front matter is nested more than 20 levels deep"

    @pytest.mark.parametrize("text", ["{" * 250_000, "? " * 125_000], ids=["flow", "block"])
    def test_a_bomb_of_mappings_as_keys_is_refused(self, text):
        assert why_not_parsed(text)[1] == "a field's name must be text"

    def test_events_to_the_bound_are_read_and_more_are_not(self):
        # Eight events are around the items: stream, document, mapping, key, list, and the ends of these but one.
        items = MAX_EVENTS - 9
        assert len(fields("a: [" + "x," * items + "]")["a"].value) == items
        assert (
            why_not_parsed("a: [" + "x," * (items + 1) + "]")[1]
            == "the front matter holds more than 20,000 YAML events"
        )

    def test_a_parser_is_not_given_more_than_the_bound(self):
        assert "larger than 262,144 bytes" in why_not_parsed("a: " + "é" * (MAX_FRONT_MATTER_BYTES // 2))[1]
