"""What `feedbot fix` tells a person."""

from feedbot.articles.rewrite import Mended, Unmended
from feedbot.cli.fix import fixing_lines
from feedbot.core.article import LinkRole
from feedbot.core.fixing import Left
from feedbot.core.patch import Diff
from feedbot.fixing import FixedFile, Fixing

MENDED = (Mended(LinkRole.SOURCE, "http://news.example/", 4, "https://news.example/"),)
URL = "https://news.example/story"


def told(*files, left=None, write=False, every=False):
    return list(fixing_lines(Fixing(files, left or {}), write=write, every=every))


def test_how_many_links_in_how_many_files():
    assert told() == ["Fix        nothing to rewrite"]
    one, two = (FixedFile(path, MENDED * number, diff=Diff(b"")) for path, number in (("a.md", 1), ("b.md", 2)))
    assert told(one) == ["Fix        1 link in 1 file would be rewritten: feedbot fix --write"]
    assert told(one, two, write=True) == [
        "Fix        3 links in 2 files rewritten; the next `feedbot build` or run reads them"
    ]


def test_a_diff_that_cannot_be_shown_or_needs_an_option_is_told():
    assert told(FixedFile("a.md", MENDED))[1:] == [
        "  not shown  a.md: a changed line holds `secured`, which is never shown"
    ]
    assert told(FixedFile("a.md", MENDED, diff=Diff(b"", is_anchored=False)))[1:] == [
        "  note       a.md: a line `secured` is left out of its diff, which git takes with --unidiff-zero only"
    ]
    assert told(FixedFile("a.md", MENDED), write=True)[1:] == []


def test_what_is_left_says_why_and_nothing_in_it_moves_the_cursor():
    files = [
        FixedFile("a.md", problem="was changed meanwhile"),
        FixedFile("b.md", left=(Unmended(URL, 7, "is odd\x1b[2J"),)),
    ]
    assert told(*files, left={URL: Left("marked ignore")})[1:] == [
        "  left       a.md: was changed meanwhile",
        f"  left       b.md:7: {URL} is odd\ufffd[2J",
        f"  left       {URL}: marked ignore",
    ]


def test_what_is_early_is_counted_unless_it_is_asked_for():
    left = {URL: Left("seen once", is_early=True), f"{URL}/2": Left("seen twice", is_early=True)}
    assert told(left=left)[1:] == [
        "  early      2 links seem to have moved or to be withdrawn, not for long enough yet to be rewritten"
    ]
    assert told(left=left, every=True)[1:] == [f"  left       {URL}: seen once", f"  left       {URL}/2: seen twice"]


def test_very_many_reasons_are_not_all_told():
    lines = told(left={f"{URL}/{number}": Left("marked ignore") for number in range(1_042)})
    assert len(lines) == 42
    assert lines[-1] == "  left       and 1,002 more; with an article or a link named, its reason is told"
