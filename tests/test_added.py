"""The links that were added since a commit, in real git repositories."""

import pytest

from feedbot.articles.at_ref import since
from feedbot.errors import FeedbotError, UsageError
from feedbot.steps.added import added_since
from feedbot.steps.reading import read
from tests.publication import Publication
from tests.repository import commit, git


def added(news, ref="main"):
    """The paths of the links that were added, and the article files that changed."""
    with news.state() as state:
        read(news.config, state, news.clock)
        found = added_since(news.config, state, ref)
    return sorted(url.removeprefix(news.site.url) for url in found.urls), sorted(found.paths)


@pytest.fixture
def branch(news):
    """A publication of two articles on main, and a branch that was begun there."""
    news.article("one")
    news.article("two", more=f"related: [{{title: x, sourceUrl: '{news.site.link('/related')}'}}]\n")
    (news.folder / ".gitignore").write_text("state.db*\nfeeds\n", encoding="utf-8")
    commit(news.folder)
    git(news.folder, "switch", "-q", "-c", "topic")
    return news


def test_nothing_is_added_where_nothing_changed(branch):
    assert added(branch) == ([], [])


@pytest.mark.parametrize("is_committed", [False, True])
def test_a_new_file_adds_its_links_committed_or_not(branch, is_committed):
    branch.article("three", more=f"ampUrl: {branch.site.link('/amp')}\n")
    if is_committed:
        commit(branch.folder)
    assert added(branch) == (["/amp", "/three"], ["articles/three.md"])


def test_an_edit_adds_the_links_that_no_article_had(branch):
    branch.article("one", more=f"ampUrl: {branch.site.link('/amp')}\ncdnAmpUrl: {branch.site.link('/related')}\n")
    assert added(branch) == (["/amp"], ["articles/one.md"])


def test_a_file_that_is_moved_adds_nothing(branch):
    (branch.folder / "articles" / "two.md").rename(branch.folder / "articles" / "elsewhere.md")
    assert added(branch) == ([], ["articles/elsewhere.md"])
    commit(branch.folder)
    assert added(branch)[0] == []


def test_a_link_that_moves_to_another_article_is_not_added(branch):
    (branch.folder / "articles" / "two.md").unlink()
    branch.article("one", more=f"ampUrl: {branch.site.link('/related')}\n")
    assert added(branch)[0] == []


def test_what_main_got_meanwhile_is_not_added_by_the_branch(branch):
    git(branch.folder, "switch", "-q", "main")
    branch.article("meanwhile")
    commit(branch.folder)
    git(branch.folder, "switch", "-q", "topic")
    branch.article("three")
    commit(branch.folder)
    assert added(branch)[0] == ["/three"]
    # As a pull request is checked out: merged into main.
    git(branch.folder, "merge", "-q", "--no-edit", "main")
    assert added(branch)[0] == ["/three"]


def test_what_was_rejected_before_adds_its_links_when_it_is_mended(branch):
    broken = branch.article("three")
    text = broken.read_text(encoding="utf-8")
    broken.write_text(text.replace("title", "titel"), encoding="utf-8")
    commit(branch.folder)
    broken.write_text(text, encoding="utf-8")
    branch.age(broken)
    assert added(branch, "HEAD")[0] == ["/three"]


def test_what_git_does_not_look_after_is_added(branch):
    (branch.folder / ".gitignore").write_text("articles/three.md\nstate.db*\n", encoding="utf-8")
    commit(branch.folder)
    branch.article("three")
    assert added(branch, "HEAD")[0] == ["/three"]


def test_other_files_than_articles_add_and_hide_nothing(branch):
    notes = branch.folder / "notes"
    notes.mkdir()
    (branch.folder / "articles" / "two.md").rename(notes / "two.md")
    commit(branch.folder)
    (notes / "two.md").rename(branch.folder / "articles" / "two.md")
    assert added(branch, "HEAD")[0] == ["/related", "/two"]


def test_an_articles_own_page_is_not_there_before_the_change_is(branch):
    post = branch.folder / "articles" / "2026-10-02-post.md"
    post.write_text("---\ntitle: A post\ndate: 2026-10-02\n---\nWords.\n", encoding="utf-8")
    branch.age(post)
    assert added(branch) == ([], ["articles/2026-10-02-post.md"])


def test_a_publication_in_a_folder_of_a_repository_and_names_that_are_odd(tmp_path, site):
    news = Publication(tmp_path / "all" / "news", site)
    news.article("one")
    commit(tmp_path / "all")
    odd = 'ü "quoted"\tand\nlines'
    news.article("odd").rename(news.folder / "articles" / f"{odd}.md")
    assert added(news, "HEAD")[0] == ["/odd"]
    commit(tmp_path / "all")
    assert added(news, "HEAD")[0] == []
    (news.folder / "articles" / f"{odd}.md").rename(news.folder / "articles" / "even.md")
    assert added(news, "HEAD") == ([], ["articles/even.md"])


def test_folders_and_files_behind_symbolic_links_are_the_same_as_those_that_are_not(tmp_path, site):
    news = Publication(tmp_path / "all" / "news", site)
    one = news.article("one")
    (news.folder / "articles").rename(tmp_path / "all" / "content")
    (news.folder / "articles").symlink_to("../content")
    (news.folder / "articles" / "two.md").symlink_to("one.md")
    commit(tmp_path / "all")
    one.rename(one.with_name("moved.md"))
    (news.folder / "articles" / "two.md").unlink()
    assert added(news, "HEAD") == ([], ["articles/moved.md"])


def test_what_git_tells_its_hooks_does_not_lead_astray(branch, monkeypatch):
    branch.article("three")
    monkeypatch.setenv("GIT_DIR", "nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere/index")
    assert added(branch)[0] == ["/three"]


def test_what_lies_outside_of_the_repository_and_in_submodules_counts_as_unchanged(tmp_path, site):
    library = Publication(tmp_path / "library", site)
    library.article("theirs")
    commit(library.folder)
    news = Publication(tmp_path / "news", site)
    text = news.config_file.read_text(encoding="utf-8").replace('["articles/*.md"]', '["**/*.md", "../outside/*.md"]')
    news.config_file.write_text(text, encoding="utf-8")
    news.article("one")
    (tmp_path / "outside").mkdir()
    commit(news.folder)
    git(news.folder, "submodule", "add", "-q", str(library.folder), "library")
    commit(news.folder)
    (news.article("outside")).rename(tmp_path / "outside" / "outside.md")
    (news.article("inside")).rename(news.folder / "library" / "articles" / "inside.md")
    news.article("two")
    assert added(news, "HEAD") == (["/two"], ["articles/two.md"])


def test_a_clone_that_does_not_reach_back_is_told_how_to(branch, tmp_path, site):
    first = git(branch.folder, "rev-parse", "HEAD").strip()
    branch.article("three")
    commit(branch.folder)
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "topic", f"file://{branch.folder}", "clone")
    for ref in (first, "origin/main"):
        with pytest.raises(FeedbotError, match=r"does not reach back to it; .*`fetch-depth: 0`"):
            since(tmp_path / "clone", ref, [], lambda _: True)
    git(tmp_path / "clone", "fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    with pytest.raises(FeedbotError, match=r"where it and HEAD parted; .*`fetch-depth: 0`"):
        since(tmp_path / "clone", "origin/main", [], lambda _: True)


@pytest.mark.parametrize("ref", ["nosuch", "main..topic", "main:articles"])
def test_a_commit_that_is_none_is_refused(branch, ref):
    with pytest.raises(UsageError, match=rf"^--since {ref}: git knows no such commit"):
        since(branch.folder, ref, [], lambda _: True)


@pytest.mark.parametrize("ref", ["--output=/tmp/x", "-x", ""])
def test_what_could_be_an_option_of_git_is_refused(branch, ref):
    with pytest.raises(UsageError, match=rf"^--since {ref}: is no name of a commit$"):
        since(branch.folder, ref, [], lambda _: True)


def test_no_repository_and_no_git_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(FeedbotError, match=r"^--since: git rev-parse failed: not a git repository"):
        since(tmp_path, "main", [], lambda _: True)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        FeedbotError, match=r"^--since: needs git, which is not installed here; install it, or name articles instead$"
    ):
        since(tmp_path, "main", [], lambda _: True)
