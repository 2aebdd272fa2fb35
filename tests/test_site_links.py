"""The data file for the publication's own pages, after real runs."""

import json
from datetime import timedelta

import pytest
import yaml

from feedbot.core.mark import Mark, MarkKind
from feedbot.core.site_links import MAX_LINK_LENGTH
from feedbot.errors import PublishError
from feedbot.previewing import preview
from feedbot.state import marks


def told(news, path="feedbot.json"):
    """What is told, by path on the site."""
    found = json.loads((news.folder / path).read_text(encoding="utf-8"))
    return {url.removeprefix(news.site.url): one for url, one in found.items()}


def with_related(news, name, **urls):
    lines = "".join(f", {field}: {news.site.link(path)}" for field, path in urls.items())
    return news.article(name, more=f"related:\n  - {{title: Elsewhere{lines}}}\n")


def test_dead_and_moved_links_are_told_with_where_to_lead_and_since_when(news, site):
    news.configure_feeds("site_data: json")
    news.article("healed", more=f"ampUrl: {site.link('/healed.amp')}\n")
    news.article("lost")
    news.article("moved")
    news.article("fine")
    with_related(news, "with-related", sourceUrl="/related", ampUrl="/related.amp")
    news.run()
    assert told(news) == {}
    site.answers |= dict.fromkeys(["/healed", "/lost", "/related"], 410) | {"/moved": (301, "/new")}
    first = news.clock.at + timedelta(days=1.2)
    news.pass_days(10)
    found = told(news)
    since = {path: one.pop("since") for path, one in found.items()}
    assert found == {
        "/healed": {"status": "dead", "link": site.link("/healed.amp")},
        "/lost": {"status": "dead", "link": None},
        "/related": {"status": "dead", "link": site.link("/related.amp")},
        "/moved": {"status": "moved", "link": site.link("/new")},
    }
    assert since["/moved"] == f"{first:%Y-%m-%dT%H:%M:%SZ}"
    assert list(json.loads((news.folder / "feedbot.json").read_bytes())) == sorted(map(site.link, found))


def test_it_is_written_only_when_it_changes_and_the_same_state_gives_the_same_bytes(news, site):
    news.configure_feeds("site_data: json")
    for name in ("one", "two"):
        news.article(name)
    site.answers |= {"/one": 410}
    news.run()
    news.pass_days(5)
    file = news.folder / "feedbot.json"
    before, stamp = file.read_bytes(), file.stat()
    assert b"/one" in before
    news.clock.step(minutes=1)
    assert news.build()[1].site_data is None
    assert file.stat() == stamp
    file.unlink()
    assert news.build()[1].site_data == file
    assert file.read_bytes() == before
    assert [path.name for path in news.folder.iterdir() if "tmp" in path.name] == []


def test_a_link_that_comes_back_is_told_no_more(news, site):
    news.configure_feeds("site_data: json")
    news.article("one")
    site.answers["/one"] = 410
    news.run()
    news.pass_days(5)
    assert set(told(news)) == {"/one"}
    site.answers["/one"] = 200
    news.pass_days(40, step=8)
    assert told(news) == {}


def test_links_of_drafts_of_future_articles_and_ignored_ones_are_told_to_nobody(news, site):
    news.configure_feeds("site_data: json")
    news.article("draft", more="published: false\n")
    news.article("future", date="2027-01-01T00:00:00Z")
    news.article("ignored", more=f"ignore: ['{site.link('/ignored')}']\n")
    gone = news.article("gone")
    news.article("open")
    site.answers |= dict.fromkeys(["/draft", "/future", "/ignored", "/gone", "/open"], 410)
    with news.state() as state:
        news.build()
        for path in ("/draft", "/future", "/ignored", "/gone"):
            marks.put(state, site.link(path), Mark(MarkKind.DEAD), news.clock.now())
    news.run()
    news.pass_days(5)
    assert set(told(news)) == {"/gone", "/open"}
    gone.unlink()
    news.build()
    assert set(told(news)) == {"/open"}
    news.clock.step(days=90)
    news.build()
    assert set(told(news)) == {"/future", "/open"}


def test_the_path_follows_from_the_generator(news):
    news.article("one")
    for generator, path in {
        "jekyll": "_data/feedbot.json",
        "hugo": "data/feedbot.json",
        "json": "feedbot.json",
    }.items():
        text = news.config_file.read_text(encoding="utf-8")
        news.configure_feeds(f"site_data: {generator}")
        news.build()
        assert told(news, path) == {}
        news.config_file.write_text(text, encoding="utf-8")


def test_without_being_asked_nothing_is_written(news):
    news.article("one")
    assert news.build()[1].site_data is None
    assert not list(news.folder.rglob("feedbot.json"))


def test_a_preview_leaves_it_alone(news):
    news.configure_feeds("site_data: json")
    news.article("one")
    preview(news.config, news.clock)
    assert not (news.folder / "feedbot.json").exists()


@pytest.mark.parametrize("text", ['{"name": "a-package", "version": "1.0.0"}', "[]", "", "\xff"])
def test_a_file_of_somebody_elses_is_not_replaced(news, text):
    news.configure_feeds("site_data: package.json")
    news.article("one")
    file = news.folder / "package.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(PublishError, match=r"package\.json: is not a data file of feedbot's"):
        news.build()
    assert file.read_bytes() == text.encode("latin-1")
    # The feeds were written before.
    assert news.titles() == ["About one"]


def test_yaml_readers_can_read_it_however_long_a_link_is(news, site):
    news.configure_feeds("site_data: json")
    lengths = {"fits": MAX_LINK_LENGTH, "long": MAX_LINK_LENGTH + 1, "longer": 3000}
    for name, length in lengths.items():
        path = f"/{name}".ljust(length - len(site.url), "x")
        with_related(news, name, sourceUrl=path)
        site.answers[path] = 410
    news.run()
    news.pass_days(5)
    content = (news.folder / "feedbot.json").read_bytes()
    assert yaml.safe_load(content) == json.loads(content)
    assert [len(url) for url in json.loads(content)] == [MAX_LINK_LENGTH]


def test_a_folder_that_cannot_be_written_is_told(news):
    news.configure_feeds("site_data: _data/links.json")
    news.article("one")
    (news.folder / "_data").write_text("a file")
    with pytest.raises(PublishError, match="_data"):
        news.build()
    assert news.titles() == ["About one"]
