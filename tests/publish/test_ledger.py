import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from feedbot.core.identity import Identity
from feedbot.errors import PublishError
from feedbot.publish.ledger import Ledger, LedgerTopic, ledger_bytes, read_ledger

TIME = datetime(2026, 11, 1, 6, 5, 4, tzinfo=UTC)
ONE = Identity("urn:1", "b/één.md", "https://x.org/1", TIME, TIME + timedelta(days=1), "1:00", own_id=True)
TWO = Identity("urn:2", "a.md", "https://x.org/2", TIME, TIME, "1:11")
LEDGER = Ledger(topics=(LedgerTopic("c++", "C++", "cplusplus"), LedgerTopic("ai", "AI", "ai")), identities=(ONE, TWO))


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "ids.json"
    path.write_bytes(data)
    return path


def test_the_file_is_sorted_pretty_and_for_people() -> None:
    assert ledger_bytes(LEDGER).decode() == (
        """{
  "version": 1,
  "topics": [
    {
      "name": "AI",
      "slug": "ai"
    },
    {
      "name": "C++",
      "slug": "cplusplus"
    }
  ],
  "entries": [
    {
      "path": "a.md",
      "source": "https://x.org/2",
      "id": "urn:2",
      "published": "2026-11-01T06:05:04Z",
      "updated": "2026-11-01T06:05:04Z",
      "digest": "1:11"
    },
    {
      "path": "b/één.md",
      "source": "https://x.org/1",
      "id": "urn:1",
      "published": "2026-11-01T06:05:04Z",
      "updated": "2026-11-02T06:05:04Z",
      "digest": "1:00",
      "own": true
    }
  ]
}
"""
    )


def test_what_was_written_is_read(tmp_path: Path) -> None:
    data = ledger_bytes(LEDGER)
    ledger = read_ledger(written(tmp_path, data))
    assert set(ledger.identities) == set(LEDGER.identities)
    assert set(ledger.topics) == set(LEDGER.topics)
    assert ledger_bytes(ledger) == data


def test_order_and_zone_change_no_byte() -> None:
    zone = timezone(timedelta(hours=3))
    turned = Ledger(LEDGER.topics[::-1], (TWO, replace(ONE, published_at=ONE.published_at.astimezone(zone))))
    assert ledger_bytes(turned) == ledger_bytes(LEDGER)


def test_a_missing_file_is_an_empty_ledger(tmp_path: Path) -> None:
    assert read_ledger(tmp_path / "ids.json") == Ledger()
    assert read_ledger(written(tmp_path, ledger_bytes(Ledger()))) == Ledger()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"version": "1"}',
        b'{"version": 1}',
        b'{"version": 1, "topics": [], "entries": [], "more": 1}',
        b'{"version": 1, "topics": [{"name": "A", "slug": "x"}, {"name": "B", "slug": "X"}], "entries": []}',
        b'{"version": 1, "topics": [{"name": "A", "slug": "x"}, {"name": "a", "slug": "y"}], "entries": []}',
        b'{"version": 1, "topics": [{"name": "\xff", "slug": "x"}], "entries": []}',
        b'{"version": 1, "topics": [{"name": "Ids", "slug": "ids"}], "entries": []}',
        b'{"version": 1, "topics": [{"name": "A", "slug": "../a"}], "entries": []}',
        ledger_bytes(LEDGER).replace(b"urn:1", b"urn:2"),
        ledger_bytes(LEDGER).replace(b"06:05:04Z", b"06:05:04"),
        ledger_bytes(LEDGER)[:-30],
    ],
)
def test_a_broken_file_is_named_and_left_alone(tmp_path: Path, data: bytes) -> None:
    path = written(tmp_path, data)
    with pytest.raises(PublishError, match=r"ids\.json: is broken: "):
        read_ledger(path)
    assert path.read_bytes() == data


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"version": 2, "anything": 1}')
    with pytest.raises(PublishError, match=r"ids\.json: is version 2 .* upgrade feedbot"):
        read_ledger(path)


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="cannot be read: Is a directory"):
        read_ledger(tmp_path)


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(PublishError, match="UTF-8"):
        ledger_bytes(Ledger(identities=(replace(ONE, path="\udcff"),)))


def test_a_large_ledger_round_trips(tmp_path: Path) -> None:
    many = Ledger(identities=tuple(replace(ONE, id=f"urn:{n}", path=f"{n:06}.md") for n in range(20_000)))
    data = ledger_bytes(many)
    assert len(json.loads(data)["entries"]) == 20_000
    assert read_ledger(written(tmp_path, data)) == many
