"""The daemon asks an archive as well."""

import signal

from tests.archive import GOOD, configure, loopback_archive
from tests.e2e.test_command import feedbot, started, until


def test_the_daemon_asks_the_archive_after_it_has_published(news, site):
    news.article("one")
    with loopback_archive() as archive:
        configure(news, archive.config())
        archive.copies[site.link("/one")] = {"20261002080000": GOOD}
        has_feed = []
        archive.instead = lambda path: has_feed.append((news.folder / "feeds" / "all.atom").exists())
        daemon = started(news.folder, "run")
        until(lambda: "a copy of 2026-10-02" in feedbot(news.folder, "why", site.link("/one")).stdout)
        daemon.send_signal(signal.SIGTERM)
        _, error = daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    assert has_feed[0]
    assert "archive: pages with a copy: 1, without: 0" in error
    assert "Traceback" not in error
