"""The real `feedbot check`: what it looks at, and with what it exits."""

import os
import subprocess

import pytest

from tests.command import FEEDBOT, feedbot
from tests.repository import commit, git


def asked(site):
    return sorted({path for _, path in site.asked})


def test_standard_input_names_urls_and_articles(news, site):
    news.article("one")
    news.article("two")
    done = feedbot(news.folder, "check", "-", named=f"# of today\n{site.link('/x')}\n\narticles/two.md\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert asked(site) == ["/two", "/x"]
    nothing = feedbot(news.folder, "check", "-", named="\n# none\n")
    assert (nothing.returncode, nothing.stdout) == (0, "Links      standard input names nothing\n")


def test_a_url_is_checked_where_the_folder_of_articles_is_not_there(news, site):
    news.article("one")
    feedbot(news.folder, "check")
    (news.folder / "articles").rename(news.folder / "elsewhere")
    site.answers["/one"] = 404
    for words in (["--dry-run"], []):
        done = feedbot(news.folder, "check", *words, site.link("/one"))
        assert (done.returncode, done.stderr) == (0, "")
    # It is still known to be a link of an article.
    assert "404 on GET" in feedbot(news.folder, "why", site.link("/one")).stdout
    for words in ([site.link("/one"), "articles"], [site.link("/one"), "--all"][1:], []):
        assert feedbot(news.folder, "check", *words).returncode != 0


def test_what_is_not_due_is_asked_where_it_is_named(news, site):
    site.answers["/lost"] = 404
    news.article("lost", topics="AI")
    news.article("fine", topics="Robots")
    feedbot(news.folder, "check")
    for words, paths in (
        (["--all"], ["/fine", "/lost"]),
        (["--topic", "Robots"], ["/fine"]),
        (["--status", "dead,failing"], ["/lost"]),
        (["articles"], ["/fine", "/lost"]),
        ([], []),
    ):
        site.asked.clear()
        assert feedbot(news.folder, "check", *words).returncode == 0
        assert asked(site) == paths


def test_nothing_of_a_kind_is_said_so(news):
    news.article("one")
    done = feedbot(news.folder, "check", "--status", "dead")
    assert (done.returncode, done.stdout) == (0, "Links      none is dead of those that were named\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--fail-on", "gone,missing"], 4), (["--fail-on", "dead, gone"], 0), (["--fail-on", "broken,sadness"], 2)],
)
def test_words_of_fail_on_have_commas_between_them(news, site, words, code):
    site.answers["/lost"] = 404
    assert feedbot(news.folder, "check", *words, site.link("/lost")).returncode == code


def test_a_shell_completes_the_words_of_fail_on(tmp_path):
    typed = {"_FEEDBOT_COMPLETE": "bash_complete", "COMP_WORDS": "feedbot check --fail-on broken,de", "COMP_CWORD": "3"}
    done = feedbot(tmp_path, env={**os.environ, **typed})
    assert done.stdout == "plain,broken,dead\n"


def test_what_is_known_of_what_a_budget_does_not_reach_fails_too_within_what_was_named(news, site):
    site.answers["/lost"] = 404
    news.article("lost", topics="AI", date="2019-10-01T08:00:00Z")
    news.article("new", topics="AI")
    news.article("other", topics="Robots")
    feedbot(news.folder, "check")
    site.asked.clear()
    done = feedbot(news.folder, "check", "--topic", "AI", "--budget", "1", "--fail-on", "failing")
    assert len(asked(site)) == 1
    assert done.returncode == 4
    assert feedbot(news.folder, "check", "--topic", "Robots", "--fail-on", "failing").returncode == 0


def test_a_budget_is_for_what_is_due_as_well(news, site):
    for number in range(5):
        news.article(f"n{number}")
    assert feedbot(news.folder, "check", "--budget", "2").returncode == 0
    assert len(asked(site)) == 2


def test_one_check_has_several_reports(news, site):
    site.answers["/lost"] = 404
    news.article("lost")
    done = feedbot(news.folder, "check", "--format", "github", "--report", "markdown=report.md", "--fail-on", "broken")
    assert done.returncode == 4
    assert done.stdout.startswith("::error file=articles/lost.md,line=4,")
    assert "/lost</code>" in (news.folder / "report.md").read_text(encoding="utf-8").replace("&#47;", "/")
    assert [path for _, path in site.asked] == ["/lost"]
    refused = feedbot(news.folder, "check", "--dry-run", "--report", "csv=x.csv")
    assert refused.returncode == 2
    assert not (news.folder / "x.csv").exists()


def test_a_run_over_all_links_has_no_other_beside_it(news, site):
    news.article("one")
    site.hold()
    first = subprocess.Popen([FEEDBOT, "check", "--all"], cwd=news.folder, stdout=subprocess.DEVNULL)
    try:
        while not site.asked:
            assert first.poll() is None
        done = feedbot(news.folder, "check", "--all")
        assert done.returncode == 75
        assert "feedbot check" in done.stderr
    finally:
        site.go_on()
        first.wait(60)


def test_a_pull_request_answers_for_the_links_that_it_adds_alone(news, site, tmp_path):
    """In a fresh clone with a fresh database, as CI has them."""
    site.answers |= {"/old": 410, "/typo": 404}
    (news.folder / ".gitignore").write_text("state.db*\n", encoding="utf-8")
    news.article("old")
    commit(news.folder)
    git(tmp_path, "clone", "-q", str(news.folder), "clone")
    clone = tmp_path / "clone"
    git(clone, "switch", "-q", "-c", "topic")
    words = ["check", "--since", "origin/main", "--fail-on", "broken,never_alive,dead,failing"]

    unchanged = feedbot(clone, *words)
    assert (unchanged.returncode, unchanged.stdout) == (0, "Links      none was added since origin/main\n")
    assert asked(site) == []

    text = (clone / "articles" / "old.md").read_text(encoding="utf-8")
    (clone / "articles" / "good.md").write_text(text.replace("/old", "/good"), encoding="utf-8")
    commit(clone)
    (clone / "state.db").unlink()
    good = feedbot(clone, *words)
    assert good.returncode == 0, good.stdout
    assert "1 alive" in good.stdout
    assert "in articles/good.md:4 (source)" in good.stdout
    assert asked(site) == ["/good"]

    (clone / "articles" / "typo.md").write_text(text.replace("/old", "/typo"), encoding="utf-8")
    commit(clone)
    (clone / "state.db").unlink()
    assert feedbot(clone, *words).returncode == 4
    assert "/old" not in asked(site)
    # A filter narrows what was added as well.
    assert feedbot(clone, *words, "--status", "alive").returncode == 0
    assert feedbot(clone, *words, "articles/good.md").returncode == 0
    assert feedbot(clone, *words, "articles/typo.md").returncode == 4


def test_an_article_that_a_pull_request_breaks_is_told(news, site):
    news.article("one")
    (news.folder / ".gitignore").write_text("state.db*\n", encoding="utf-8")
    (news.folder / "articles" / "old.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    commit(news.folder)
    (news.folder / "articles" / "new.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    said = feedbot(news.folder, "check", "--since", "HEAD").stdout
    assert "rejected   articles/new.md:" in said
    assert "old.md" not in said


def test_a_dry_run_tells_what_would_be_asked_and_changes_nothing(news, site):
    text = news.config_file.read_text(encoding="utf-8").replace("delay_s: 0", "delay_s: 2").replace("robots: never", "")
    news.config_file.write_text(text.replace("checker:", "checker:\n  max_run_s: 3"), encoding="utf-8")
    for name in ("one", "two", "three"):
        news.article(name)
    before = sorted(path.name for path in news.folder.iterdir())
    done = feedbot(news.folder, "check", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"  unchecked    {site.link('/one')}",
        f"  unchecked    {site.link('/three')}",
        f"  unchecked    {site.link('/two')}",
        "Dry run    3 links on 1 host would be asked, with about 3 requests, and the robots.txt of each",
        "           that takes 4 s at least: 3 requests to 127.0.0.1, 2 s apart",
        "           a run ends after 3 s (checker.max_run_s); what is left then is not asked",
        "           nothing was asked, and nothing is changed",
    ]
    assert (site.asked, sorted(path.name for path in news.folder.iterdir())) == ([], before)


@pytest.mark.parametrize(
    ("address", "who"),
    [("tcp://10.0.0.5:8786", "the workers of tcp://10.0.0.5:8786"), ("local", "processes of this machine")],
)
def test_a_dry_run_tells_who_would_ask_and_joins_no_cluster(news, address, who):
    news.article("one")
    done = feedbot(news.folder, "check", "--dry-run", "--cluster", address)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"           {who} would ask, in 1 shard; they are not joined now\n" in done.stdout


def test_a_dry_run_knows_what_is_known_and_leaves_it_so(news, site):
    news.article("one")
    feedbot(news.folder, "check")
    news.article("two")
    state = (news.folder / "state.db").read_bytes()
    assert "/two" in feedbot(news.folder, "check", "--dry-run").stdout
    said = feedbot(news.folder, "check", "--dry-run", "--status", "alive", "--fail-on", "alive")
    assert (said.returncode, said.stdout.splitlines()[0]) == (0, f"  alive        {site.link('/one')}")
    assert (news.folder / "state.db").read_bytes() == state
    assert feedbot(news.folder, "check", "--dry-run", "--status", "dead").stdout == (
        "Dry run    none is dead of those that were named\n"
    )
    assert asked(site) == ["/one"]


def test_a_dry_run_is_text(news):
    done = feedbot(news.folder, "check", "--dry-run", "--format", "json")
    assert (done.returncode, done.stderr) == (
        2,
        "feedbot: --dry-run: is told as text only; leave --format and --report out\n",
    )


def test_a_dry_run_of_a_url_needs_no_config(tmp_path):
    done = feedbot(tmp_path, "check", "--dry-run", "https://news.example/")
    assert "1 link on 1 host would be asked" in done.stdout
    assert list(tmp_path.iterdir()) == []
