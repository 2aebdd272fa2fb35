"""When a digest is due, what it mentions, and how it reads."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from feedbot.core.digest import Change, Mention, Place, digest_message, is_due, slot_at, to_mention
from feedbot.core.status import StatusKind
from feedbot.core.transition import TransitionKind

LONDON = ZoneInfo("Europe/London")
DAY = datetime(2026, 11, 1, 8, tzinfo=UTC)
DIED, RECOVERED, MOVED, BLOCKED = (
    TransitionKind.DIED,
    TransitionKind.RECOVERED,
    TransitionKind.MOVED,
    TransitionKind.BLOCKED,
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-11-01T07:59", "2026-10-31T08:00"),
        ("2026-11-01T08:00", "2026-11-01T08:00"),
        ("2026-11-02T07:59", "2026-11-01T08:00"),
        # In summer London's eight o'clock is seven in UTC; the clocks change on 2026-03-29 and 2026-10-25.
        ("2026-03-29T06:59", "2026-03-28T08:00"),
        ("2026-03-29T07:00", "2026-03-29T07:00"),
        ("2026-10-25T07:59", "2026-10-24T07:00"),
        ("2026-10-25T08:00", "2026-10-25T08:00"),
    ],
)
def test_the_latest_slot_is_by_the_zones_own_clock(now, slot):
    assert slot_at(at(now), time(8), LONDON) == at(slot)


@pytest.mark.parametrize(("day", "hour"), [("2026-03-29", time(1, 30)), ("2026-10-25", time(1, 30))])
def test_an_hour_that_is_skipped_or_comes_twice_has_one_slot_a_day(day, hour):
    start = at(f"{day}T00:00") - timedelta(days=1)
    minutes = [start + timedelta(minutes=number) for number in range(3 * 24 * 60)]
    slots = {slot_at(now, hour, LONDON) for now in minutes}
    first, *rest = sorted(slots)
    assert len(rest) == 3
    assert [slot.astimezone(LONDON).date() - first.astimezone(LONDON).date() for slot in rest] == [
        timedelta(days=number) for number in (1, 2, 3)
    ]


def test_a_slot_is_due_until_it_is_told_and_one_told_in_the_future_does_not_count():
    assert is_due(DAY, DAY - timedelta(days=1), DAY)
    assert not is_due(DAY, DAY, DAY + timedelta(hours=1))
    assert is_due(DAY, DAY + timedelta(days=365), DAY + timedelta(hours=1))
    assert not is_due(DAY, DAY + timedelta(hours=10), DAY + timedelta(hours=11)), "the hour was set to an earlier one"


class Story:
    """One link, day by day, and who is told of it each morning."""

    def __init__(self):
        self.changes = []
        self.told_dead = {}
        self.told_until = 0
        self.kind = StatusKind.ALIVE
        self.now = DAY

    def becomes(self, kind, status, moved_to=None):
        self.changes.append(Change(len(self.changes) + 1, 1, kind, self.now, moved_to))
        self.kind = status

    def dies(self):
        self.becomes(DIED, StatusKind.DEAD)

    def recovers(self):
        self.becomes(RECOVERED, StatusKind.ALIVE)

    def digest(self, days=1.0):
        """What is mentioned after so many days."""
        self.now += timedelta(days=days)
        found = to_mention(self.changes, self.told_until, self.told_dead, {1: self.kind}, self.now)
        for target_id, change in found.items():
            if change.kind in {DIED, RECOVERED}:
                self.told_dead[target_id] = self.kind is StatusKind.DEAD
        self.told_until = len(self.changes)
        return [change.kind for change in found.values()]


def test_a_death_is_mentioned_once_and_so_is_its_end():
    story = Story()
    story.dies()
    assert story.digest() == [DIED]
    assert story.digest() == []
    story.recovers()
    assert story.digest() == [RECOVERED]
    assert story.digest() == []


def test_what_died_and_came_back_within_a_digest_is_no_news():
    story = Story()
    story.dies()
    story.recovers()
    assert story.digest() == []


def test_what_was_dead_before_the_first_digest_and_lives_is_mentioned():
    story = Story()
    story.recovers()
    assert story.digest() == [RECOVERED]


def test_what_came_back_and_died_within_a_digest_is_no_news():
    story = Story()
    story.dies()
    story.digest()
    story.recovers()
    story.dies()
    assert story.digest() == []


def test_a_link_that_comes_and_goes_is_mentioned_when_it_has_stayed_for_a_week():
    story = Story()
    said = []
    for _ in range(6):
        story.dies()
        said += story.digest(2)
        story.recovers()
        said += story.digest(2)
    assert said == [DIED, RECOVERED]
    story.dies()
    assert [story.digest(days) for days in (1, 5.9, 0.2, 1)] == [[], [], [DIED], []]


def test_what_dies_again_after_a_month_is_news_again():
    story = Story()
    story.dies()
    story.digest()
    story.recovers()
    story.digest()
    story.now += timedelta(days=30)
    story.dies()
    assert story.digest() == [DIED]


def test_a_new_address_is_mentioned_once_and_another_one_again():
    story = Story()
    story.becomes(MOVED, StatusKind.MOVED, "https://new.example/")
    assert story.digest() == [MOVED]
    assert story.digest() == []
    story.becomes(MOVED, StatusKind.MOVED, "https://new.example/")
    assert story.digest() == []
    story.becomes(MOVED, StatusKind.MOVED, "https://newer.example/")
    assert story.digest() == [MOVED]


def test_what_is_hidden_by_walls_is_mentioned_while_it_is():
    story = Story()
    story.becomes(BLOCKED, StatusKind.BLOCKED)
    assert story.digest() == [BLOCKED]
    assert story.digest() == []
    story.becomes(BLOCKED, StatusKind.BLOCKED)
    story.kind = StatusKind.ALIVE
    assert story.digest() == []


def test_a_death_comes_before_what_happened_as_well():
    story = Story()
    story.becomes(MOVED, StatusKind.MOVED, "https://new.example/")
    story.dies()
    assert story.digest() == [DIED]


def mention(kind, name, *places, **more):
    told = {"reason": "404 on GET", "since_at": DAY, **more}
    return Mention(kind=kind, url=f"https://a.example/{name}", places=tuple(Place(*one) for one in places), **told)


def test_the_text_is_plain_and_has_first_what_needs_a_person():
    message = digest_message(
        "Test News",
        [
            mention(RECOVERED, "back", ("articles/back.md:4 (source)", "this link"), reason="200 on GET"),
            mention(MOVED, "old", ("articles/old.md:4 (source)", "its new address"), moved_to="https://b.example/new"),
            mention(BLOCKED, "wall", ("articles/wall.md:4 (source)", "this link"), reason="403 on GET"),
            mention(DIED, "copied", ("articles/copied.md:4 (source)", "the AMP page https://a.example/amp")),
            mention(
                DIED,
                "lost",
                ("articles/lost.md:4 (source)", "nothing: the entry is left out"),
                since_at=DAY - timedelta(days=1),
                needs_a_person=True,
            ),
        ],
    )
    assert message.subject == "Test News: 2 links died, 1 cannot be verified, 1 moved, 1 came back"
    assert message.text == (
        "Died (2)\n"
        "\n"
        "https://a.example/lost\n"
        "  404 on GET; on 2026-10-31\n"
        "  articles/lost.md:4 (source): readers get nothing: the entry is left out\n"
        "\n"
        "https://a.example/copied\n"
        "  404 on GET; on 2026-11-01\n"
        "  articles/copied.md:4 (source): readers get the AMP page https://a.example/amp\n"
        "\n"
        "Hidden by walls for 30 days: look yourself, and `feedbot mark` what you see (1)\n"
        "\n"
        "https://a.example/wall\n"
        "  403 on GET; on 2026-11-01\n"
        "  articles/wall.md:4 (source): readers get this link\n"
        "\n"
        "Moved for good: readers are led to the new address (1)\n"
        "\n"
        "https://a.example/old\n"
        "  404 on GET; on 2026-11-01\n"
        "  new address: https://b.example/new\n"
        "  articles/old.md:4 (source): readers get its new address\n"
        "\n"
        "Alive again (1)\n"
        "\n"
        "https://a.example/back\n"
        "  200 on GET; on 2026-11-01\n"
        "  articles/back.md:4 (source): readers get this link\n"
        "\n"
        "The evidence: feedbot why URL. All links to look at: reports/links.html\n"
    )


def test_one_link_is_told_as_one():
    assert digest_message("Test News", [mention(DIED, "a")]).subject == "Test News: 1 link died"


def test_a_long_section_ends_with_how_many_more_there_are():
    message = digest_message("Test News", [mention(DIED, f"{number:02}") for number in range(23)])
    assert message.text.count("https://") == 20
    assert "and 3 more\n" in message.text


def test_nobody_is_called_by_what_a_server_says():
    message = digest_message("Test News", [mention(DIED, "@everyone", reason="redirects to @channel")])
    assert "@" not in message.text
    assert "https://a.example/%40everyone\n" in message.text
