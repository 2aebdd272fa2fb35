import shlex

import pytest

from feedbot.core.unit_text import InvalidWord, cron_command, cron_times, unit_command, unit_word


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/var/lib/feedbot/config.yaml", "/var/lib/feedbot/config.yaml"),
        ("/srv/my site", '"/srv/my site"'),
        ("/srv/100%", '"/srv/100%%"'),
        ("/srv/%h", '"/srv/%%h"'),
        ("/srv/a;b", '"/srv/a;b"'),
        ("/srv/$HOME", '"/srv/$HOME"'),
        ("/srv/機械", '"/srv/機械"'),
        ("", '""'),
    ],
)
def test_a_word_is_quoted_and_holds_no_specifier(path, word):
    assert unit_word(path) == word


@pytest.mark.parametrize("path", ['/srv/"a"', "/srv/it's", "/srv/a\\b", "/srv/a\nExecStart=/bin/sh", "/srv/\udcff"])
def test_what_the_settings_read_in_different_ways_is_refused(path):
    with pytest.raises(InvalidWord, match="has a quote, a backslash or a character that cannot be seen"):
        unit_word(path)


def test_no_variable_is_put_into_an_argument():
    command = unit_command(("/opt/$x/feedbot", "--config", "/srv/$HOME/100%.yaml"))
    assert command == '"/opt/$x/feedbot" --config "/srv/$$HOME/100%%.yaml"'


def test_the_shell_of_cron_reads_the_same_words():
    words = ("/opt/feed bot/feedbot", "--config", "/srv/it's 100%/$HOME/config.yaml")
    line = cron_command(words)
    # crontab(5): an escaped % is one, any other begins a new line.
    assert line.count("%") == line.count(r"\%")
    assert shlex.split(line.replace(r"\%", "%")) == list(words)


@pytest.mark.parametrize(
    ("seconds", "times"),
    [
        (1, "* * * * *"),
        (119, "* * * * *"),
        (300, "*/5 * * * *"),
        (540, "*/6 * * * *"),
        (900, "*/15 * * * *"),
        (3599, "*/30 * * * *"),
        (3600, "17 * * * *"),
        (7 * 3600, "17 */6 * * *"),
        (86399, "17 */12 * * *"),
        (86400, "17 4 * * *"),
        (30 * 86400, "17 4 * * *"),
    ],
)
def test_an_interval_is_never_longer_in_a_crontab(seconds, times):
    assert cron_times(seconds) == times
