"""The lines of an exported state: one record each, in JSON, with its fields in this order and defaults left out.

What a field is, the schema says of the column with its name. Where a table has a number of another one, a record has
the name that is the same on every machine: a link's canonical URL. Runs, observations and transitions are named by
their own numbers, which tell their order.

A field that a later schema adds has a default here, so that what an earlier feedbot exported can be read on. Where
that cannot be, FORMAT is raised.
"""

from datetime import date, datetime
from typing import Annotated

import msgspec

from feedbot.core.article import Article
from feedbot.core.context import Context
from feedbot.core.context import Sibling as Answer
from feedbot.core.mark import MarkKind
from feedbot.core.observation import Exchange, FailureKind
from feedbot.core.page import PageSignals
from feedbot.core.status import Status, StatusKind
from feedbot.core.transition import TransitionKind
from feedbot.core.verdict import VerdictKind

FORMAT = 1
"""The version of this format; it is no version of feedbot's, and none of the schema."""

Number = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Name = Annotated[str, msgspec.Meta(min_length=1)]


class Record(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="kind"):
    """A line; its field `kind` says which of the records below it is."""


class Head(Record, frozen=True, tag="feedbot state"):
    """The first line: what wrote the others."""

    format: Number
    schema: Number
    feedbot: str


class End(Record, frozen=True, tag="end"):
    """The last line, so that a file that was cut is known by it: how many lines are between it and the first."""

    lines: Number


class Clock(Record, frozen=True, tag="clock"):
    """The latest moments that the database knows of."""

    latest: Moment | None = None
    published: Moment | None = None


class Run(Record, frozen=True, tag="run"):
    """A run."""

    number: Number
    who: str
    started_at: Moment
    finished_at: Moment | None = None
    online: bool | None = None
    summary: dict[str, Number] | None = None
    frozen: bool = False


class Target(Record, frozen=True, tag="link"):
    """A link, by its canonical URL, and where it stands."""

    url: Name
    status: StatusKind
    next_check_at: Moment
    since_at: Moment | None = None
    verdict: VerdictKind | None = None
    reason: str = ""
    checked_at: Moment | None = None
    strikes: Number = 0
    first_strike_at: Moment | None = None
    last_strike_at: Moment | None = None
    rule_strikes: Number | None = None
    rule_over_s: float | None = None
    first_alive_at: Moment | None = None
    revived_at: Moment | None = None
    moved_to: str | None = None
    moved_looks: Number = 0
    moved_first_at: Moment | None = None
    nameless: bool = False
    by_request: bool = False
    frozen: bool = False
    page_checked_at: Moment | None = None
    etag: str | None = None
    last_modified: str | None = None
    length: Number | None = None
    titled: bool = False
    page: PageSignals | None = None


class Host(Record, frozen=True, tag="host"):
    """What is known of a host."""

    host: Name
    head_refused: bool = False


class Sibling(Record, frozen=True, tag="sibling"):
    """What a made-up address answered."""

    folder: Name
    asked_at: Moment
    sibling: Answer


class Mark(Record, frozen=True, tag="mark"):
    """A person's word on a link."""

    url: Name
    mark: MarkKind
    made_at: Moment
    note: str = ""
    until: date | None = None


class Forgotten(Record, frozen=True, tag="forgotten"):
    """A takedown."""

    hash: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    takedown: Number
    forgotten_at: Moment


class Topic(Record, frozen=True, tag="topic"):
    """A topic, with the slug of its feed."""

    key: str
    name: str
    slug: str | None = None


class Identity(Record, frozen=True, tag="entry"):
    """An entry's id, and what it is known by."""

    id: Name
    path: str
    source: str
    published_at: Moment
    updated_at: Moment
    digest: str
    own_id: bool = False
    public: bool = False


class File(Record, frozen=True, tag="file"):
    """An article file as it was read last; `sha256` is that of its bytes, empty where it could not be read.

    `article` is its last good version, where the file itself may not give it back when the export is read: it is
    rejected or gone, or its entry is in a feed and must not go without the guard.
    """

    path: Name
    sha256: str
    entry_id: str | None = None
    identified: bool = True
    vanished_at: Moment | None = None
    article: Article | None = None


class Observation(Record, frozen=True, tag="look"):
    """A look at a link (core/observation.py), and what else was known then."""

    url: Name
    number: Number
    run: Number
    started_at: Moment
    elapsed_ms: Number
    final_url: str
    verdict: VerdictKind
    reason: str
    exchanges: tuple[Exchange, ...]
    http_status: Number | None = None
    failure: FailureKind | None = None
    failure_text: str | None = None
    rules: Number = 1
    context: Context | None = None


class RolledUp(Record, frozen=True, tag="rolled up"):
    """Where a link stood before the oldest look at it that is kept."""

    url: Name
    looks: Number
    first_at: Moment
    status: Status


class Transition(Record, frozen=True, tag="change"):
    """What an operator is told of a link."""

    number: Number
    url: Name
    change: TransitionKind
    at: Moment
    from_status: StatusKind
    to_status: StatusKind
    verdict: VerdictKind | None = None
    reason: str = ""
    moved_to: str | None = None


class Snapshot(Record, frozen=True, tag="archive"):
    """What an archive was asked of a page; `copy` is the address of the copy in it."""

    url: Name
    asked_at: Moment
    again_at: Moment
    reason: str = ""
    failures: Number = 0
    copy: str | None = None
    taken_at: Moment | None = None
    held_until: Moment | None = None


class PublishedFile(Record, frozen=True, tag="published"):
    """A file that lies in the feeds folder, and the hash of what it was made from."""

    name: str
    inputs: str
    size: Number


class Feed(Record, frozen=True, tag="feed"):
    """The entries that subscribers of a feed have, newest first."""

    feed: Name
    entries: tuple[str, ...]


class Hold(Record, frozen=True, tag="hold"):
    """What the guard holds back."""

    feed: str
    entry_id: str
    cause: str
    since_at: Moment
    seen_at: Moment


class Withdrawn(Record, frozen=True, tag="withdrawn"):
    """An entry that a feed tells its readers to forget."""

    feed: str
    entry_id: str
    at: Moment


class Waiting(Record, frozen=True, tag="waiting"):
    """A new entry that waits for its page."""

    entry_id: str
    since_at: Moment


class Ping(Record, frozen=True, tag="ping"):
    """What a hub is to be told, or was."""

    hub: str
    topic: str
    changes: Number
    changed_at: Moment
    tries: Number = 0
    due_at: Moment | None = None
    of_all: bool = False
    refused: str = ""


class Care(Record, frozen=True, tag="care"):
    """When something was done with the database."""

    deed: str
    done_at: Moment


class Job(Record, frozen=True, tag="job"):
    """How a job of the daemon ended."""

    name: str
    finished_at: Moment
    succeeded_at: Moment | None = None
    failures: Number = 0
    problem: str | None = None


class Alarm(Record, frozen=True, tag="alarm"):
    """What is wrong."""

    key: str
    title: str
    sentence: str
    since_at: Moment


class Receiver(Record, frozen=True, tag="receiver"):
    """Somebody who is told, and what of transitions, by their numbers."""

    name: str
    digest_at: Moment
    tries: Number = 0
    again_at: Moment | None = None
    busy_until: Moment | None = None
    begins_after: Number = 0
    told_until: Number = 0


class ToldAlarm(Record, frozen=True, tag="told alarm"):
    """What of all that is wrong somebody was told."""

    receiver: str
    key: str
    title: str
    sentence: str
    since_at: Moment


class ToldLink(Record, frozen=True, tag="told link"):
    """Whether somebody was told last that a link is dead."""

    url: Name
    receiver: str
    is_dead: bool


class Finding(Record, frozen=True, tag="finding"):
    """What was not well at the last look of the doctor."""

    key: str
    level: str
