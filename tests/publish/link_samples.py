"""Reports of links as tests want them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from feedbot.core.status import StatusKind
from feedbot.publish.link_report import HostRow, LinkReport, LinkRow, Looks, ReadersGet, StatusCount

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

DEAD = LinkRow(
    url="https://news.example/2020/01/24/london-police.html",
    host="news.example",
    status=StatusKind.DEAD,
    verdict="missing",
    since_at=AT - timedelta(days=12),
    reason="404 on GET after 405 on HEAD: not found",
    strikes=3,
    due_at=AT + timedelta(days=7),
    places=("articles/2020-01-24-police.md:6 (source)", "articles/2021-02-03-cameras.md:19 (related.source)"),
    places_count=12,
    topics=("AI", "Computer Vision"),
    readers_get=(ReadersGet("the AMP page", "https://news.example/2020/01/24/london-police.amp.html"),),
)
FAILING = replace(
    DEAD,
    url="https://other.example/a/story",
    host="other.example",
    status=StatusKind.FAILING,
    verdict="unreachable",
    since_at=AT - timedelta(days=2),
    reason="no answer within 30 s",
    strikes=10,
    topics=("Robots",),
    readers_get=(ReadersGet("this link"),),
    places=("articles/robots.md:5 (source)",),
    places_count=1,
    remarks=("A person: marked alive (slow, but there)",),
)
BLOCKED = replace(
    DEAD,
    url="https://walls.example/paid/",
    host="walls.example",
    status=StatusKind.BLOCKED,
    verdict="blocked",
    since_at=AT - timedelta(days=40),
    reason="a challenge for bots (Cloudflare) at 403",
    strikes=0,
    topics=("AI",),
    readers_get=(ReadersGet("this link"),),
    remarks=("Walls have hidden it for 30 days: look yourself, and `feedbot mark` it",),
)
MOVED = replace(
    DEAD,
    url="http://old.example/page",
    host="old.example",
    status=StatusKind.MOVED,
    verdict="moved",
    since_at=AT - timedelta(days=9),
    reason="301 to https://old.example/page",
    strikes=0,
    topics=(),
    readers_get=(ReadersGet("its new address", "https://old.example/page"),),
)

HISTORY = tuple(Looks(good=8 - day % 3, hidden=day % 2, failing=max(0, day - 24)) for day in range(30))

REPORT = LinkReport(
    title="AI News",
    language="en",
    counts=(
        StatusCount(StatusKind.ALIVE, 1234, ()),
        StatusCount(StatusKind.MOVED, 1, ()),
        StatusCount(StatusKind.FAILING, 1, (("unreachable", 1),)),
        StatusCount(StatusKind.DEAD, 1, (("missing", 1),)),
        StatusCount(StatusKind.BLOCKED, 1, ()),
    ),
    rows=(DEAD, FAILING, BLOCKED, MOVED),
    rows_count=4,
    hosts=(
        HostRow("news.example", 40, 1, HISTORY),
        HostRow("walls.example", 2, 1, tuple(Looks(hidden=day % 7 == 0) for day in range(30))),
        HostRow("other.example", 7, 1, tuple(Looks(good=1) for _ in range(30))),
        HostRow("quiet.example", 1, 1, ()),
    ),
    hosts_count=5,
    topics=(("AI", 2), ("Computer Vision", 1), ("Robots", 1)),
    topics_count=5,
    until=AT,
)
