import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as revised

from feedbot.core.article import Article, Image, Provider, Related
from feedbot.core.identity import (
    Candidate,
    Duplicate,
    Identified,
    Identity,
    content_digest,
    feed_id,
    identify,
    mint_id,
    mintable_ids,
    own_id_uri,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PUBLISHED = datetime(2026, 11, 1, tzinfo=UTC)
AUTHORITY, YEAR = "example.org", 2026


def article(path: str = "a.md", source: str = "https://x.org/a", **fields: object) -> Article:
    return Article(**{"path": path, "title": "T", "source_url": source, "published_at": PUBLISHED, **fields})  # type: ignore[arg-type]


def run(
    articles: list[Article],
    ledger: tuple[Identity, ...] = (),
    now: datetime = NOW,
    present: dict[str, str] | None = None,
) -> Identified:
    return identify(articles, ledger, now, AUTHORITY, YEAR, present=present)


def known(*articles: Article) -> tuple[Identity, ...]:
    return run(list(articles)).applied_to(())


def ids(identified: Identified) -> dict[str, str]:
    return {path: identity.id for path, identity in identified.identities.items()}


# --- ids


def test_a_new_article_is_named_by_its_source() -> None:
    # The value is a promise to subscribers of any earlier version: it never changes.
    assert ids(run([article()])) == {"a.md": "tag:example.org,2026:article:35ca5f4a9cb0c9f6"}


def test_a_stored_candidate_is_as_good_as_its_article() -> None:
    articles = [article(), article("b.md", "https://X.org/b#part", own_id="urn:b", updated_at=NOW)]
    stored = [Candidate.of(one) for one in articles]
    assert identify(stored, (), NOW, AUTHORITY, YEAR) == run(articles)


def test_an_id_is_of_the_canonical_source() -> None:
    assert mint_id("HTTPS://X.org:443/a#part", AUTHORITY, YEAR) == mint_id("https://x.org/a", AUTHORITY, YEAR)


def test_a_feed_has_an_id_of_its_own() -> None:
    assert feed_id("ai", AUTHORITY, YEAR) == "tag:example.org,2026:topic:ai"


def test_an_edited_source_keeps_the_id() -> None:
    before = known(article())
    after = run([article(source="https://x.org/b")], before)
    assert ids(after) == {"a.md": before[0].id}
    assert after.changed[0].source == "https://x.org/b"


def test_a_moved_file_keeps_the_id() -> None:
    before = known(article())
    assert ids(run([article(path="moved.md")], before)) == {"moved.md": before[0].id}


def test_a_new_file_at_the_path_of_a_moved_one_is_new() -> None:
    before = known(article())
    after = run([article(path="moved.md"), article(path="a.md", source="https://x.org/new")], before)
    assert ids(after)["moved.md"] == before[0].id
    assert ids(after)["a.md"] == mint_id("https://x.org/new", AUTHORITY, YEAR)


def test_two_files_that_swap_their_names_keep_their_ids() -> None:
    one, two = article("1.md", "https://x.org/1"), article("2.md", "https://x.org/2")
    before = run([one, two])
    after = run([revised(one, path="2.md"), revised(two, path="1.md")], before.applied_to(()))
    assert ids(after) == {"1.md": ids(before)["2.md"], "2.md": ids(before)["1.md"]}


def test_a_source_that_another_article_was_minted_from_is_counted_on() -> None:
    first = known(article())
    edited = run([article(source="https://x.org/b")], first).applied_to(first)
    after = run([article(path="new.md", source="https://x.org/a")], edited, present={"a.md": "https://x.org/b"})
    assert after.identities["new.md"].id not in {first[0].id, mint_id("https://x.org/b", AUTHORITY, YEAR)}
    assert after.identities["new.md"].id.startswith("tag:example.org,2026:article:")


def test_an_article_that_takes_over_the_source_of_a_vanished_one_leaves_its_old_identity_without_a_path() -> None:
    before = known(article("a.md", "https://x.org/a"), article("gone.md", "https://x.org/gone"))
    after = run([article("a.md", "https://x.org/gone")], before)
    ledger = after.applied_to(before)
    assert {identity.source: identity.path for identity in ledger} == {
        "https://x.org/a": "",
        "https://x.org/gone": "a.md",
    }
    edited = run([article("a.md", "https://x.org/third")], ledger)
    assert ids(edited) == ids(after)


# --- duplicates


def test_of_two_new_files_with_one_source_the_first_by_path_has_the_entry() -> None:
    result = run([article("b.md"), article("a.md")])
    assert list(result.identities) == ["a.md"]
    assert result.duplicates == (Duplicate("b.md", "a.md", "https://x.org/a"),)


def test_a_file_in_the_ledger_keeps_its_entry_against_a_copy_that_sorts_before_it() -> None:
    before = known(article("b.md"))
    for read in ([article("a.md")], [article("a.md"), article("b.md")]):
        result = run(read, before, present={"a.md": "https://x.org/a", "b.md": "https://x.org/a"})
        assert "a.md" not in result.identities
        assert result.duplicates == (Duplicate("a.md", "b.md", "https://x.org/a"),)


def test_a_copy_takes_the_entry_over_when_the_first_file_is_gone() -> None:
    before = known(article("a.md"))
    assert ids(run([article("b.md")], before, present={"b.md": "https://x.org/a"})) == {"b.md": before[0].id}


def test_a_source_edited_to_that_of_another_file_makes_a_duplicate() -> None:
    before = known(article("a.md", "https://x.org/a"), article("b.md", "https://x.org/b"))
    result = run([article("a.md", "https://x.org/b")], before, present={"b.md": "https://x.org/b"})
    assert result.duplicates == (Duplicate("a.md", "b.md", "https://x.org/b"),)
    assert result.changed == ()


# --- an article's own id


@pytest.mark.parametrize(
    ("own_id", "entry_id"),
    [
        ("urn:uuid:1", "urn:uuid:1"),
        ("https://old.example/?p=1", "https://old.example/?p=1"),
        ("  42 ", "tag:example.org,2026:id:42"),
        ("a b/ü", "tag:example.org,2026:id:a%20b%2F%C3%BC"),
        ("urn:with space", "tag:example.org,2026:id:urn%3Awith%20space"),
        ("urn:\x00", "tag:example.org,2026:id:urn%3A%00"),
        ("\ud800", "tag:example.org,2026:id:%ED%A0%80"),
    ],
)
def test_an_own_id_wins(own_id: str, entry_id: str) -> None:
    result = run([article(own_id=own_id)])
    assert ids(result) == {"a.md": entry_id}
    assert result.identities["a.md"].own_id


@pytest.mark.parametrize("own_id", [None, "", "  "])
def test_an_empty_own_id_is_none(own_id: str | None) -> None:
    assert not run([article(own_id=own_id)]).identities["a.md"].own_id


def test_an_own_id_given_later_retires_the_minted_one() -> None:
    before = known(article())
    result = run([article(own_id="urn:x")], before)
    assert result.retired == (before[0].id,)
    assert [identity.id for identity in result.applied_to(before)] == ["urn:x"]


def test_an_own_id_taken_away_again_stays() -> None:
    before = known(article(own_id="urn:x"))
    assert ids(run([article()], before)) == {"a.md": "urn:x"}


def test_of_two_files_with_one_own_id_the_first_has_it() -> None:
    a, b = article("a.md", "https://x.org/a", own_id="urn:x"), article("b.md", "https://x.org/b", own_id="urn:x")
    assert run([b, a]).duplicates == (Duplicate("b.md", "a.md", "https://x.org/b"),)
    before = known(b)
    assert run([a, b], before).duplicates == (Duplicate("a.md", "b.md", "https://x.org/a"),)
    assert run([a], before, present={"b.md": "https://x.org/b"}).duplicates[0].path == "a.md"


def test_an_own_id_follows_a_file_that_was_moved_and_edited() -> None:
    before = known(article("a.md", "https://x.org/a", own_id="urn:x"))
    result = run([article("b.md", "https://x.org/b", own_id="urn:x")], before)
    assert ids(result) == {"b.md": "urn:x"}
    assert len(result.applied_to(before)) == 1


def test_an_own_id_cannot_be_the_minted_id_of_another_article() -> None:
    other = article("other.md", "https://x.org/other")
    before = known(other)
    thief = article("a.md", own_id=before[0].id)
    for read in ([thief], [thief, other]):
        result = run(read, before, present={"other.md": "https://x.org/other"})
        assert result.duplicates == (Duplicate("a.md", "other.md", "https://x.org/a"),)


def test_an_own_id_moved_from_one_file_to_another_goes_with_it() -> None:
    one, two = article("1.md", "https://x.org/1", own_id="urn:x"), article("2.md", "https://x.org/2")
    before = known(one, two)
    after = run([revised(one, own_id=None), revised(two, own_id="urn:x")], before)
    assert ids(after)["2.md"] == "urn:x"
    assert ids(after)["1.md"] == mint_id("https://x.org/1", AUTHORITY, YEAR)
    assert run([revised(one, own_id=None), revised(two, own_id="urn:x")], after.applied_to(before)).changed == ()


# --- updated


def shown(identified: Identified, now: datetime) -> tuple[Identity, ...]:
    """The ledger after the build that published them."""
    return tuple(replace(one, public=one.published_at <= now) for one in identified.applied_to(()))


def test_a_new_article_is_not_yet_seen_by_readers() -> None:
    assert not run([article()]).identities["a.md"].public


def updated(before: Article, after: Article, seen: datetime = PUBLISHED, now: datetime = NOW) -> datetime:
    ledger = shown(run([before], now=seen), seen)
    return run([after], ledger, now).identities[after.path].updated_at


def test_the_first_value_is_the_publication_date() -> None:
    assert run([article()]).identities["a.md"].updated_at == PUBLISHED


def test_an_editors_change_moves_it_to_when_it_was_seen() -> None:
    now = NOW.replace(microsecond=999)
    assert updated(article(), article(title="New"), now=now) == NOW


def test_a_change_before_publication_is_none() -> None:
    future = NOW + timedelta(days=1)
    assert updated(article(published_at=future), article(published_at=future, title="New")) == future
    assert updated(article(published_at=future), article(published_at=PUBLISHED)) == PUBLISHED


@pytest.mark.parametrize(
    "fields",
    [
        {"quality": 0.1, "heat": 3.0, "topics": ("x",), "category": "c", "kind": "k"},
        {"amp_url": "https://amp.x.org/", "source_url": "https://x.org/mended"},
        {"images": (Image("https://x.org/i.png", 1, 2),)},
        {"provider": Provider(domain="x.org")},
        {"body_html": '<p>See <a href="https://new.org/" title="it\'s > 1">this</a> https://new.org</p>'},
        {"body_html": "<p>See\n<em>this</em></p>"},
        {"excerpt": " Words \n here"},
    ],
)
def test_what_no_editor_wrote_moves_nothing(fields: dict[str, object]) -> None:
    before = article(body_html='<p>See <a href="https://old.org/">this</a> https://old.org</p>', excerpt="Words here")
    assert updated(before, revised(before, **fields)) == PUBLISHED  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "U"},
        {"excerpt": "x"},
        {"body_html": "<p>x</p>"},
        {"provider": Provider("Name")},
        {"images": (Image("https://x.org/i.png", title="x"),)},
        {"related": (Related("x", None),)},
        {"related": (Related("", None, excerpt="x"),)},
    ],
)
def test_each_of_an_editors_words_counts(fields: dict[str, object]) -> None:
    assert updated(article(), article(**fields)) == NOW
    digests = {content_digest(article(**{"title": "T", **fields})), content_digest(article())}
    assert len(digests) == 2


def test_a_digest_of_another_version_is_replaced_without_moving_anything() -> None:
    (identity,) = known(article())
    result = run([article()], (replace(identity, digest="0:old"),))
    assert result.identities["a.md"] == identity
    assert result.changed == (identity,)


def test_the_articles_own_date_wins_but_is_never_before_publication() -> None:
    own = PUBLISHED + timedelta(days=2)
    assert updated(article(), article(updated_at=own, title="New")) == own
    assert updated(article(), article(updated_at=PUBLISHED - timedelta(days=2))) == PUBLISHED


def test_a_publication_date_moved_on_takes_updated_with_it() -> None:
    later = PUBLISHED + timedelta(days=3)
    assert updated(article(), article(published_at=later)) == later


def test_a_clock_that_stepped_back_moves_nothing_back() -> None:
    first = shown(run([article()], now=PUBLISHED), PUBLISHED)
    second = run([article(title="2")], first, NOW).applied_to(first)
    third = run([article(title="3")], second, NOW - timedelta(days=2))
    assert third.identities["a.md"].updated_at == NOW


def test_the_digest_of_this_rule_is_pinned() -> None:
    # A change of the rule needs a new version, or every entry of every feed would be posted anew.
    full = article(
        excerpt="E", body_html="<p>B &amp; C</p>", provider=Provider("P"), related=(Related("R", None, excerpt="X"),)
    )
    assert content_digest(full) == "1:a6fe60a59734fcdc"


# --- properties

PATHS = st.sampled_from(["a.md", "b.md", "c.md", "d.md", "e.md"])
SOURCES = st.sampled_from([f"https://x.org/{letter}" for letter in "abcde"])
OWN_IDS = st.sampled_from([None, None, "urn:x", "urn:y", mint_id("https://x.org/a", AUTHORITY, YEAR)])
FILES = st.dictionaries(PATHS, st.tuples(SOURCES, OWN_IDS, st.sampled_from("TU")))


def read(files: dict[str, tuple[str, str | None, str]]) -> list[Article]:
    return [article(path, source, own_id=own, title=title) for path, (source, own, title) in files.items()]


@given(st.lists(FILES, min_size=1, max_size=5), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_any_history_gives_unique_ids_is_settled_at_once_and_knows_no_order(
    history: list[dict[str, tuple[str, str | None, str]]], random: object
) -> None:
    ledger: tuple[Identity, ...] = ()
    for files in history:
        articles = read(files)
        result = run(articles, ledger)
        shuffled, other_ledger = list(articles), list(ledger)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        random.shuffle(other_ledger)  # type: ignore[attr-defined]
        again = run(shuffled, tuple(other_ledger))
        assert again == result

        assert result.identities.keys() | {d.path for d in result.duplicates} == files.keys()
        assert not result.identities.keys() & {d.path for d in result.duplicates}
        assert len(set(ids(result).values())) == len(result.identities)
        for duplicate in result.duplicates:
            assert duplicate.first_path in result.identities or duplicate.first_path in files
        ledger = result.applied_to(ledger)
        by_id = {identity.id: identity for identity in ledger}
        assert all(by_id[identity.id] == identity for identity in result.identities.values())
        assert len({i.source for i in ledger}) == len(ledger)
        paths = [i.path for i in ledger if i.path]
        assert len(set(paths)) == len(paths)

        settled = run(articles, ledger)
        assert settled.changed == ()
        assert settled.retired == ()
        assert settled.identities == result.identities
        # Reading a part again changes nothing either.
        present = {path: source for path, (source, _, _) in files.items()}
        part = [a for a in articles if a.path in result.identities][:2]
        assert run(part, ledger, present=present).changed == ()


def concerning(articles: list[Article], ledger: tuple[Identity, ...]) -> tuple[Identity, ...]:
    """What of a ledger has these articles' paths, their sources, or the ids that they could get."""
    own = {uri for one in articles if (uri := own_id_uri(one.own_id, AUTHORITY, YEAR))}
    given_ids = {entry.id for entry in ledger}
    minted = {
        new_id
        for one in articles
        for new_id in itertools.takewhile(
            lambda new_id: new_id in given_ids | own, mintable_ids(one.source_url, AUTHORITY, YEAR)
        )
    }
    paths, sources = {one.path for one in articles}, {one.source_url for one in articles}
    return tuple(e for e in ledger if e.path in paths or e.source in sources or e.id in own | minted)


@given(st.lists(FILES, min_size=1, max_size=5), st.data())
@settings(max_examples=150, deadline=None)
def test_what_of_the_ledger_concerns_other_articles_alone_changes_nothing(
    history: list[dict[str, tuple[str, str | None, str]]], data: st.DataObject
) -> None:
    ledger: tuple[Identity, ...] = ()
    for files in history:
        articles = read(files)
        present = {one.path: one.source_url for one in articles}
        changed = data.draw(st.lists(st.sampled_from(articles), unique_by=id)) if articles else []
        some = concerning(changed, ledger)
        there = {entry.path: present[entry.path] for entry in some if entry.path in present}
        assert run(changed, some, present=there) == run(changed, ledger, present=present)
        ledger = run(articles, ledger).applied_to(ledger)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 7)), max_size=25))
@settings(max_examples=300, deadline=None)
def test_an_id_never_changes_over_edits_of_source_or_path(edits: list[tuple[int, bool, int]]) -> None:
    files = [article(f"{n}.md", f"https://x.org/{n}") for n in range(3)]
    ledger = known(*files)
    first = [ids(run(files, ledger))[file.path] for file in files]
    for which, is_move, value in edits:
        file = files[which]
        edited = revised(file, path=f"{value}.md") if is_move else revised(file, source_url=f"https://x.org/{value}")
        others = files[:which] + files[which + 1 :]
        if any(edited.path == other.path or edited.source_url == other.source_url for other in others):
            continue
        files[which] = edited
        present = {file.path: file.source_url for file in files}
        result = run([edited], ledger, present=present)
        ledger = result.applied_to(ledger)
        assert result.retired == ()
        assert [ids(run(files, ledger))[file.path] for file in files] == first
