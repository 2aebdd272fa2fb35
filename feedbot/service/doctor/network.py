"""The network of this machine as links are asked through it: canaries, clock, names, certificates."""

import asyncio
import hashlib
from datetime import datetime, timedelta

from feedbot.clock import Clock
from feedbot.core.clock_skew import MOST_S, date_of, skew_s
from feedbot.core.doctor import CANARIES, Finding, Level, Part
from feedbot.core.feed_answers import Answer
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.url import host_of
from feedbot.service.doctor.asking import Asker
from feedbot.service.doctor.case import Case

_RENEWED_BEFORE = timedelta(days=3)
_MEND_CLOCK = "have the clock set by the network: timedatectl set-ntp true"
_MEND_NAMES = "another name server in /etc/resolv.conf, or one of your own such as unbound"


async def canaries(case: Case, asker: Asker) -> list[Finding]:
    """Whether well-known addresses answer, and what time it is there; without canaries the site's own word counts."""
    config = case.config
    told = config.checker.canaries
    urls = [one.url for one in told] or [config.site.url]
    answers = await asyncio.gather(*(asker.ask(url) for url in urls))
    seen = [(case.clock.now(), at) for one in answers if isinstance(one, Answer) and (at := date_of(one.headers))]
    findings = _clock(skew_s(seen))
    if not told:
        return findings
    wrong = [
        f"{one.url}: {answer.text if isinstance(answer, Failure) else f'{answer.status} instead of {one.status}'}"
        for one, answer in zip(told, answers, strict=True)
        if isinstance(answer, Failure) or answer.status != one.status
    ]
    if not wrong:
        return [*findings, Finding(Part.NETWORK, CANARIES, Level.OK, f"canaries answer: {len(told)} of {len(told)}")]
    # As wire/canaries.py counts them.
    is_up = 3 * len(wrong) <= len(told)
    sentence = f"{len(wrong)} of {len(told)} canaries do not answer as they should, such as {wrong[0]}"
    level = Level.WARNING if is_up else Level.PROBLEM
    if not is_up:
        sentence += "; while that is so, every run counts as offline and no link is judged"
    mend = "the network of this machine, or checker.canaries: addresses that answer from here, each with its status"
    return [*findings, Finding(Part.NETWORK, CANARIES, level, sentence, mend)]


def _clock(ahead_s: float | None) -> list[Finding]:
    if ahead_s is None:
        return []
    if abs(ahead_s) <= MOST_S:
        return [Finding(Part.NETWORK, "clock", Level.OK, "the clock of this machine is right")]
    way = "ahead of" if ahead_s > 0 else "behind"
    sentence = f"the clock of this machine is {abs(ahead_s):,.0f} s {way} that of the servers asked"
    return [Finding(Part.NETWORK, "clock", Level.PROBLEM, sentence, _MEND_CLOCK)]


async def names(case: Case, asker: Asker) -> list[Finding]:
    """Whether names are resolved, and whether those that do not exist are told to be none."""
    config = case.config
    if config.checker.proxy is not None:
        return []  # it looks names up itself
    host = host_of(config.feeds.url)
    found = await asker.resolver.resolve(host)
    if isinstance(found, Failure):
        sentence = f"the name {host} of feeds.url is not resolved: {found.text}"
        return [Finding(Part.NETWORK, "names", Level.PROBLEM, sentence, f"the DNS of {host}, or {_MEND_NAMES}")]
    answers = await asyncio.gather(*(asker.resolver.resolve(name) for name in _nonsense(case.clock.now())))
    if all(not isinstance(one, Failure) for one in answers):
        sentence = "the name server has an address for names that do not exist, so that no dead host is ever found dead"
        return [Finding(Part.NETWORK, "wildcard names", Level.PROBLEM, sentence, _MEND_NAMES)]
    if late := next((one for one in answers if isinstance(one, Failure) and one.kind in _NO_WORD), None):
        sentence = f"the name server has no word on names that do not exist: {late.text}"
        return [Finding(Part.NETWORK, "names", Level.WARNING, sentence, _MEND_NAMES)]
    return [Finding(Part.NETWORK, "names", Level.OK, "names are resolved, and those that do not exist are said not to")]


_NO_WORD = frozenset({FailureKind.DNS_TIMEOUT, FailureKind.DNS_SERVFAIL})


def _nonsense(now: datetime) -> list[str]:
    """Two names that nobody can have, under those that are kept for examples (RFC 2606, 3); others each day."""
    mark = hashlib.sha256(f"{now:%Y-%m-%d}".encode()).hexdigest()[:12]
    return [f"no-such-name-{mark}.example.com", f"no-such-name-{mark}.example.org"]


def certificates(clock: Clock, asker: Asker, hosts: set[str]) -> list[Finding]:
    """Which of the certificates that were met of these hosts end soon; one that is invalid is no answer at all."""
    findings = []
    for host, said in sorted(asker.certificates.items()):
        ends_at = datetime.fromisoformat(said)
        if host in hosts and ends_at - clock.now() < _RENEWED_BEFORE:
            sentence = f"the certificate of {host} ends at {ends_at:%Y-%m-%d %H:%M} UTC, and was not renewed yet"
            mend = "see why it is not renewed: `systemctl status certbot.timer`, or the log of Caddy"
            findings.append(Finding(Part.NETWORK, f"certificate of {host}", Level.PROBLEM, sentence, mend))
    return findings
