"""A folder is looked at within bounds: not everywhere, not for ever, and nothing in it can stop that."""

import os

import pytest

from feedbot.articles.rules import ReadRules
from feedbot.config import DEFAULT_FIELDS
from feedbot.core.sites.facts import Kind
from feedbot.surveying import MAX_DEPTH, sample, survey

RULES = ReadRules(fields=DEFAULT_FIELDS, timezone="UTC", site_url="https://example.org/")


def write(folder, path, front="title: A\ndate: 2023-05-01"):
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\n{front}\n---\n", encoding="utf-8")


@pytest.mark.parametrize("folder", ["node_modules", ".git", "_site", "public", "vendor", "resources", "themes"])
def test_what_others_wrote_and_generators_write_is_not_looked_into(tmp_path, folder):
    write(tmp_path, f"{folder}/deep/a.md")
    write(tmp_path, "x/b.md")
    assert survey(tmp_path).markdown == ("x/b.md",)


def test_links_to_folders_are_not_followed(tmp_path):
    write(tmp_path, "x/b.md")
    (tmp_path / "x" / "again").symlink_to(tmp_path)
    (tmp_path / "y").symlink_to(tmp_path / "x")
    assert survey(tmp_path).markdown == ("x/b.md",)


def test_names_are_counted_and_depth_is_bounded(tmp_path):
    for name in "abcdef":
        write(tmp_path, f"x/{name}.md")
    write(tmp_path, "/".join(["d"] * MAX_DEPTH) + "/at.md")
    write(tmp_path, "/".join(["d"] * (MAX_DEPTH + 1)) + "/below.md")
    found = survey(tmp_path).markdown
    assert len(found) == 7
    assert [path for path in found if path.endswith(("at.md", "below.md"))] == ["d/" * MAX_DEPTH + "at.md"]
    assert survey(tmp_path, max_names=5).markdown == ("x/a.md", "x/b.md")


def test_settings_that_are_no_regular_file_hold_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "_config.yml")
    found = survey(tmp_path)
    assert found.site.kind is Kind.JEKYLL
    assert found.unread == ("_config.yml: cannot be read: is not a regular file; what it says is not used",)


def test_a_folder_that_is_not_there_is_an_empty_one(tmp_path):
    assert survey(tmp_path / "none").markdown == ()


def test_the_host_in_cname_is_the_site_where_the_settings_name_none(tmp_path):
    (tmp_path / "CNAME").write_text("news.example\n", encoding="utf-8")
    assert survey(tmp_path).site.url == "https://news.example/"
    (tmp_path / "_config.yml").write_text("url: https://other.example\n", encoding="utf-8")
    assert survey(tmp_path).site.url == "https://other.example/"


def test_a_sample_is_spread_over_the_collection_and_has_a_bound(tmp_path):
    for number in range(21):
        write(tmp_path, f"x/{number:02}.md", "title: A\n" + ("date: 2023-05-01" if number % 5 == 0 else "x: y"))
    found = sample(tmp_path, survey(tmp_path).site, ["x/*.md"], RULES, most=5)
    assert (found.found, found.looked_at, found.understood) == (21, 5, 5)


def test_drafts_toml_and_rejected_files_are_counted_apart(tmp_path):
    write(tmp_path, "x/draft.md", "title: A\ndate: 2023-05-01\ndraft: true")
    write(tmp_path, "x/bad.md", "title: A\ndate: soon")
    (tmp_path / "x" / "toml.md").write_text("+++\n+++\n", encoding="utf-8")
    found = sample(tmp_path, survey(tmp_path).site, ["x/*.md"], RULES)
    assert (found.understood, found.drafts, found.toml) == (1, 1, 1)
    assert [one.path for one in found.rejected] == ["x/bad.md"]
