"""`fix` on a publication whose links have moved, seen by its own looks."""

import os
import shutil
import subprocess
from dataclasses import replace

import pytest
from lxml import etree

from feedbot.core.mark import Mark, MarkKind
from feedbot.core.status import StatusKind
from feedbot.errors import LockHeld
from feedbot.fixing import fix
from feedbot.forgetting import Named, forget
from feedbot.state import marks, targets
from feedbot.state.database import one_at_a_time, open_for_reading

CANARY = "Q0FOQVJZQ0FOQVJZQ0FOQVJZQ0FOQVJZ"


def fixed(news, *, write=True, **named):
    with open_for_reading(news.config.state_path, who="a test") as state:
        return fix(news.config, state, news.clock, write=write, **named)


def ran(news, times=3, days=40):
    for _ in range(times):
        news.run()
        news.clock.step(days=days)


def sources(news):
    return {path.stem: path.read_text(encoding="utf-8") for path in (news.folder / "articles").iterdir()}


def entries(news):
    """Id, updated and link of each entry."""
    root = etree.fromstring(news.feeds()["all.atom"])
    return [
        tuple(entry.xpath(f"string(*[local-name()='{name}']{attribute})") for name, attribute in WANTED)
        for entry in root.xpath("*[local-name()='entry']")
    ]


WANTED = (("id", ""), ("updated", ""), ("link", "[@rel='alternate']/@href"))


@pytest.fixture
def moved(news, site):
    """An article whose source has moved for good."""
    news.article("one")
    site.answers["/one"] = (301, "/new")
    ran(news)
    return news


def test_an_entry_keeps_its_id_and_its_time_and_leads_where_it_led(moved, site):
    before = entries(moved)
    assert before[0][2] == site.link("/new")
    (file,) = fixed(moved).files
    assert (file.path, len(file.mended), file.problem) == ("articles/one.md", 1, "")
    assert f"sourceUrl: {site.link('/new')}\n" in sources(moved)["one"]
    moved.age(moved.folder / "articles" / "one.md")
    moved.build()
    assert entries(moved) == before
    ran(moved)
    assert entries(moved) == before
    with moved.state() as state:
        assert targets.find(state, site.link("/new")).status.kind is StatusKind.ALIVE
    assert fixed(moved).files == ()


def test_the_diff_alone_changes_nothing(moved):
    before = sources(moved)
    (file,) = fixed(moved, write=False).files
    assert b"\n-sourceUrl: " in file.diff.text
    assert sources(moved) == before


def test_two_looks_are_not_enough(news, site):
    news.article("one")
    site.answers["/one"] = (301, "/new")
    ran(news, times=2)
    fixing = fixed(news)
    assert fixing.files == ()
    assert [left.is_early for left in fixing.left.values()] == [True]


@pytest.mark.parametrize("kind", sorted(MarkKind))
def test_a_link_that_is_marked_stays(moved, site, kind):
    with moved.state() as state:
        marks.put(state, site.link("/one"), Mark(kind), moved.clock.now())
    fixing = fixed(moved)
    assert fixing.files == ()
    assert [left.why for left in fixing.left.values()] == [f"marked {kind}"]


def test_a_link_that_the_config_leaves_alone_stays(moved):
    moved.config_file.write_text(moved.config_file.read_text() + 'links: {exclude: [{host: "127.0.0.1"}]}\n')
    assert fixed(moved).files == ()


def test_an_address_that_was_taken_down_is_not_written_anywhere(moved, site):
    with moved.state() as state:
        forget(moved.config, state, moved.clock, Named(url=site.link("/new")))
    before = sources(moved)
    for _ in range(2):
        fixing = fixed(moved)
        assert (fixing.files, fixing.left, sources(moved)) == ((), {}, before)
        ran(moved)


def test_a_file_that_was_edited_since_is_mended_as_it_is_now(moved, site):
    path = moved.folder / "articles" / "one.md"
    path.write_text(path.read_text().replace("title: About one", "title: Edited  # just now"))
    fixed(moved)
    assert "title: Edited  # just now\n" in path.read_text()
    assert site.link("/new") in path.read_text()


def test_a_file_that_cannot_be_used_is_told_and_left(moved):
    path = moved.folder / "articles" / "one.md"
    path.write_text(path.read_text().replace("title: About one", "title: [broken"))
    before = path.read_bytes()
    (file,) = fixed(moved).files
    assert "cannot be used as it is: line" in file.problem
    assert path.read_bytes() == before


def test_two_articles_never_get_one_source(news, site):
    for name in ("one", "two", "new"):
        news.article(name)
    site.answers |= {"/one": (301, "/new"), "/two": (301, "/newer")}
    news.article("three", more="")
    site.answers["/three"] = (301, "/newer")
    ran(news)
    said = {file.path: (len(file.mended), [one.why for one in file.left]) for file in fixed(news).files}
    assert said["articles/three.md"] == (1, [])
    assert said["articles/one.md"][0] == said["articles/two.md"][0] == 0
    assert "is the source of articles/new.md already" in said["articles/one.md"][1][0]
    assert "is the source of articles/three.md already" in said["articles/two.md"][1][0]


def test_named_articles_are_mended_whole_and_named_links_everywhere(news, site):
    for name in ("one", "two"):
        news.article(name, more=f"images: ['{site.link('/x.jpg')}']\n")
        site.answers[f"/{name}"] = (301, f"/new-{name}")
    site.answers["/x.jpg"] = (308, "/y.jpg")
    ran(news)
    by_path = fixed(news, write=False, paths=["articles/one.md"]).files
    assert [(file.path, len(file.mended)) for file in by_path] == [("articles/one.md", 2)]
    by_url = fixed(news, write=False, urls=[site.link("/x.jpg")]).files
    assert [(file.path, len(file.mended)) for file in by_url] == [("articles/one.md", 1), ("articles/two.md", 1)]
    both = fixed(news, write=False, paths=["articles/one.md"], urls=[site.link("/x.jpg")]).files
    assert [(file.path, len(file.mended)) for file in both] == [("articles/one.md", 2), ("articles/two.md", 1)]


def test_a_withdrawn_amp_page_goes_and_the_feeds_stay_as_they_are(news, site):
    amp = site.link("/one.amp")
    news.article("one", more=f"ampUrl: {amp}\nquality: 7\n")
    site.answers["/one.amp"] = 404
    ran(news, times=2)
    before = sources(news)["one"]
    assert fixed(news).files == ()
    ran(news)
    feeds = news.feeds()
    (file,) = fixed(news).files
    assert [(one.url, one.address) for one in file.mended] == [(amp, None)]
    assert sources(news)["one"] == before.replace(f"ampUrl: {amp}\n", "")
    news.age(news.folder / "articles" / "one.md")
    news.build()
    assert {name: data for name, data in news.feeds().items() if name.startswith("all.")} == {
        name: data for name, data in feeds.items() if name.startswith("all.")
    }


def test_a_symbolic_link_stays_one_and_its_article_is_mended_where_it_is(moved, site):
    path = moved.folder / "articles" / "one.md"
    kept = moved.folder / "articles" / "kept.md"
    path.rename(kept)
    path.symlink_to("kept.md")
    for write in (False, True):
        assert sum(len(file.mended) for file in fixed(moved, write=write).files) == 1
    assert path.is_symlink()
    assert site.link("/new") in kept.read_text()


@pytest.mark.parametrize(
    "where", ["secured: {}\n", 'secured: "{}"\n', "secured: >-\n  {}\n", "extra: {{secured: {}}}\n"]
)
def test_ciphertext_is_in_no_diff(news, site, where):
    path = news.article("one")
    path.write_text(path.read_text().replace("sourceUrl", f"{where.format(CANARY)}sourceUrl"))
    path.write_text(path.read_text().replace("topics", f"{where.format(CANARY).replace('extra', 'more')}topics"))
    news.age(path)
    site.answers["/one"] = (301, "/new")
    ran(news)
    (file,) = fixed(news, write=False).files
    assert CANARY.encode() not in file.diff.text
    assert b"\n-sourceUrl: " in file.diff.text
    assert not file.diff.is_anchored
    fixed(news)
    assert sources(news)["one"].count(CANARY) == 2


def test_a_line_that_holds_ciphertext_is_not_shown_and_mended_all_the_same(news, site):
    path = news.article("one", more="")
    related = f"related: [{{title: B, sourceUrl: {site.link('/two')}, secured: {CANARY}}}]\n"
    path.write_text(path.read_text().replace("topics", f"{related}topics"))
    news.age(path)
    site.answers["/two"] = (301, "/new")
    ran(news)
    (file,) = fixed(news, write=False).files
    assert (file.diff, len(file.mended)) == (None, 1)
    fixed(news)
    assert related.replace("/two", "/new") in sources(news)["one"]


def test_nobody_reads_or_publishes_meanwhile(moved):
    with moved.state() as state, one_at_a_time(state):
        with open_for_reading(moved.config.state_path, who="a test") as other:
            impatient = replace(other, write_wait_s=0.05)
            with pytest.raises(LockHeld):
                fix(moved.config, impatient, moved.clock, write=True)
            assert fix(moved.config, impatient, moved.clock, write=False).files


def test_a_file_that_is_not_replaced_is_told_and_the_others_are_mended(news, site):
    for name in ("one", "two"):
        news.article(name)
        site.answers[f"/{name}"] = (301, f"/new-{name}")
    ran(news)
    os.link(news.folder / "articles" / "one.md", news.folder / "second name")
    said = {file.path: (len(file.mended), file.problem.partition(" (")[0]) for file in fixed(news).files}
    assert said == {"articles/one.md": (0, "has another name"), "articles/two.md": (1, "")}


@pytest.mark.debian("git", "git")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_git_apply_makes_of_the_diff_what_fix_writes(news, site, tmp_path, end):
    for name in ("one", "two words"):
        path = news.article(name, more=f"images: ['{site.link('/x.jpg')}'] # Ünïcödé\n")
        path.write_bytes(path.read_text(encoding="utf-8").replace("/two words", "/two").replace("\n", end).encode())
        news.age(path)
    site.answers |= {"/one": (301, "/new"), "/two": (301, "/other"), "/x.jpg": (301, "/y.jpg")}
    ran(news)
    shutil.copytree(news.folder / "articles", tmp_path / "apart" / "articles")
    diff = b"".join(file.diff.text for file in fixed(news, write=False).files)
    subprocess.run(["git", "apply", "-"], check=True, cwd=tmp_path / "apart", input=diff)
    fixed(news)
    written = {path.name: path.read_bytes() for path in (news.folder / "articles").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "apart" / "articles").iterdir()} == written
    assert all(data.count(b"/y.jpg") == 1 for data in written.values())
