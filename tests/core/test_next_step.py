"""Which commands `feedbot` alone proposes, by where a publication stands."""

from dataclasses import replace

import pytest

from feedbot.core.next_step import Standing, next_steps

WELL = Standing(10, 0, is_published=True, is_checked=True, served_at="http://127.0.0.1:8080/feeds/")
URL = "https://a.example/page"


@pytest.mark.parametrize(
    ("standing", "commands"),
    [
        (Standing(0, 0, is_published=False, is_checked=False), ["feedbot run --once"]),
        (Standing(0, 2, is_published=False, is_checked=False), ["feedbot lint"]),
        (Standing(3, 0, is_published=False, is_checked=False), ["feedbot run --once", "feedbot build"]),
        (replace(WELL, is_checked=False), ["feedbot run --once", "feedbot check --dry-run"]),
        (WELL, ["feedbot run", "feedbot systemd", "feedbot serve"]),
        (replace(WELL, is_at_work=True), ["feedbot doctor"]),
        (replace(WELL, moved=2, is_at_work=True), ["feedbot fix", "feedbot doctor"]),
        (
            replace(WELL, dead=2, failing=1, bad=URL, is_at_work=True),
            [f"feedbot why {URL}", "feedbot status", "feedbot doctor"],
        ),
        (
            replace(WELL, held=("feedbot build --accept all",), rejected=1, is_checked=False),
            ["feedbot lint", "feedbot build --accept all", "feedbot run --once", "feedbot check --dry-run"],
        ),
        (
            replace(WELL, rejected=1, held=("feedbot build --accept-new",) * 2, dead=1, bad=URL),
            ["feedbot lint", "feedbot build --accept-new", f"feedbot why {URL}", "feedbot status"],
        ),
    ],
)
def test_the_most_sensible_comes_first(standing, commands):
    assert [step.command for step in next_steps(standing)] == commands


def test_what_a_command_brings_is_said_of_one_and_of_many():
    one = next_steps(replace(WELL, dead=1, bad=URL, moved=1))
    many = next_steps(replace(WELL, failing=1200, bad=URL, moved=3))
    assert one[0].brings == "why this link is dead, the only one"
    assert many[0].brings == "why this link is failing, the worst of 1,200"
    assert one[2].brings == "shows whether the link that moved can be rewritten"
    assert many[2].brings == "shows which of 3 links that moved can be rewritten"


@pytest.mark.parametrize(
    ("standing", "is_well"),
    [
        (WELL, True),
        (replace(WELL, moved=1), True),
        (replace(WELL, dead=1), False),
        (replace(WELL, failing=1), False),
        (replace(WELL, rejected=1), False),
        (replace(WELL, held=("x",)), False),
        (replace(WELL, is_checked=False), False),
    ],
)
def test_all_is_well_where_nothing_needs_a_person(standing, is_well):
    assert standing.is_well is is_well
