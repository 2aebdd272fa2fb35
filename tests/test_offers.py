"""What the files of the feeds folder are made from: nothing that changes may be missed."""

import pytest

from feedbot.steps.offers import offer_ledger
from tests.publication import Publication


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE identities SET id = id || 'x'",
        "UPDATE identities SET path = path || 'x'",
        "UPDATE identities SET source = source || 'x'",
        "UPDATE identities SET published_at = '2001-01-01T00:00:00Z'",
        "UPDATE identities SET updated_at = '2031-01-01T00:00:00Z'",
        "UPDATE identities SET digest = digest || 'x'",
        "UPDATE identities SET own_id = 1 - own_id",
        "UPDATE identities SET public = 0",
        "UPDATE topics SET slug = slug || 'x'",
        "UPDATE topics SET name = name || 'x'",
    ],
)
def test_the_ledger_is_made_anew_whenever_its_bytes_would_change(news: Publication, change: str) -> None:
    news.article("a")
    news.run()
    with news.state() as state:
        before = offer_ledger(state)
        bytes_before, again = before.render(), offer_ledger(state)
        with state.write() as connection:
            connection.execute(change)

        after = offer_ledger(state)

        assert again.inputs == before.inputs
        assert after.render() != bytes_before
        assert after.inputs != before.inputs


def test_the_ledger_does_not_depend_on_what_nobody_has_seen(news: Publication) -> None:
    news.article("a")
    news.run()
    with news.state() as state:
        with state.write() as connection:
            connection.execute("UPDATE identities SET public = 0")
        before = offer_ledger(state)
        with state.write() as connection:
            connection.execute("UPDATE identities SET path = path || 'x'")

        assert offer_ledger(state).inputs == before.inputs
