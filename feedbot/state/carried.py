"""Which of state.db an export carries, table by table; of the rest, why not.

The order is that of the lines, and such that what a record names comes before it. Within a table records are in the
order of what names them, so that two exports of one state are equal and little changes from one run to the next.
"""

from dataclasses import dataclass

from feedbot.state import records
from feedbot.state.linked import Linked
from feedbot.state.records import Record


@dataclass(frozen=True, slots=True)
class Carried:
    """A table whose rows are carried as records.

    `select` gives a record's fields, in the order of the lines, and `insert` takes them; those named in `json` are
    JSON in the database, and stand in the record as what they hold.
    """

    record: type[Record]
    table: str
    select: str
    insert: str
    json: tuple[str, ...] = ()
    first: str = ""
    """What is inserted before, from the same fields."""


LEFT_OUT = {
    "host_names": "the hosts of links, parts of their URLs",
    "items": "the titles in article files, read from these anew",
    "article_links": "the links in article files, read from these anew",
    "members": "the topics of article files, read from these anew",
    "changes": "how often files and entries have changed in this database",
    "archived_months": "what archive documents were made from; they are held against what they should be",
    "written_reports": "stamps of report files on this machine; reports are written anew",
}
"""Tables that can be had again, and from where."""

LEFT_OUT_COLUMNS = {
    "files": {
        "mtime_ns", "size", "inode",  # stamps on this machine
        "rules", "fingerprint", "source", "own_id", "digest", "published_at", "updated_at", "draft", "heat",
        "category", "provider_name", "provider_domain", "quality", "rejected_line", "rejected_reason", "remarks",
    },  # what the file says: it is read anew
    # A part of its URL; counted in articles; what that look read is carried with the target.
    "targets": {"host_id", "linked", "page_look"},
    "published_files": {"mtime_ns", "inode"},  # stamps on this machine; files are compared with what they should be
}  # fmt: skip
"""Columns of carried tables that can be had again."""

# Of most articles the file itself is carried, by whoever carries the articles. Not where it does not say the same as
# the database, or may not tomorrow: one that is rejected or gone; one in a feed, whose removal the guard may have to
# hold; and one that was imported and not read since.
FILES = """
SELECT path, sha256, entry_id, identified, vanished_at, source IS NOT NULL AND (
    rejected_reason IS NOT NULL OR vanished_at IS NOT NULL OR rules = ''
    OR entry_id IN (SELECT entry_id FROM published_entries)
) AS has_article
FROM files ORDER BY path
"""

# In the order of an export, the oldest look at a link comes before those that lean on it.
_OLDEST = "SELECT min(id) FROM observations WHERE target_id = (SELECT id FROM targets WHERE url = :url)"


def _text(column: str, of: str = "") -> str:
    """A time as a record has it, of a column that holds seconds."""
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {of}{column}, 'unixepoch') AS {column}"


def _number(field: str) -> str:
    """The seconds of such a field."""
    return f"CAST(strftime('%s', :{field}) AS INTEGER)"


def _reason(address: str, of: str = "") -> str:
    """A reason in full, of a row that has this address (reasons.py)."""
    return f"replace({of}reason, char(26), coalesce({of}{address}, '')) AS reason"


def _short_reason(address: str) -> str:
    """The reason of a record as its row has it."""
    return f"coalesce(replace(:reason, :{address}, char(26)), :reason)"


CARRIED = (
    Carried(
        records.Clock,
        "clock",
        "SELECT nullif(latest, '') AS latest, nullif(published, '') AS published FROM clock",
        "UPDATE clock SET (latest, published) = (coalesce(:latest, ''), coalesce(:published, ''))",
    ),
    Carried(
        records.Run,
        "runs",
        "SELECT id AS number, who, started_at, finished_at, online, summary, frozen FROM runs ORDER BY id",
        "INSERT INTO runs (id, who, started_at, finished_at, online, summary, frozen)"
        " VALUES (:number, :who, :started_at, :finished_at, :online, :summary, :frozen)",
        json=("summary",),
    ),
    Carried(
        records.Target,
        "targets",
        f"SELECT url, status, {_text('next_check_at')}, {_text('since_at')}, verdict,"  # noqa: S608
        f" {_reason('moved_to')}, {_text('checked_at')}, strikes, {_text('first_strike_at')},"
        f" {_text('last_strike_at')}, rule_strikes, rule_over_s,"
        f" {_text('first_alive_at')}, {_text('revived_at')}, moved_to, moved_looks, {_text('moved_first_at')},"
        f" nameless, by_request, frozen, {_text('page_checked_at')}, etag, last_modified, length, titled,"
        " coalesce(page_text(page, url), (SELECT page_of_look(look.seen, targets.url, leant_on.seen)"
        " FROM observations AS look LEFT JOIN observations AS leant_on ON leant_on.id = look.leans_on"
        " WHERE look.id = targets.page_look)) AS page FROM targets ORDER BY url",
        "INSERT INTO targets (url, host_id, status, next_check_at, since_at, verdict, reason, checked_at, strikes,"  # noqa: S608 - as above
        " first_strike_at, last_strike_at, rule_strikes, rule_over_s, first_alive_at, revived_at, moved_to,"
        " moved_looks, moved_first_at, nameless, by_request, frozen, page_checked_at, etag, last_modified, length,"
        " titled, page, linked)"
        f" VALUES (:url, (SELECT id FROM host_names WHERE host = host_of(:url)),"
        f" :status, {_number('next_check_at')}, {_number('since_at')}, :verdict,"
        f" {_short_reason('moved_to')}, {_number('checked_at')}, :strikes, {_number('first_strike_at')},"
        f" {_number('last_strike_at')}, :rule_strikes, :rule_over_s, {_number('first_alive_at')},"
        f" {_number('revived_at')}, :moved_to, :moved_looks,"
        f" {_number('moved_first_at')}, :nameless, :by_request, :frozen, {_number('page_checked_at')}, :etag,"
        f" :last_modified, :length, :titled, pack_page(:page, :url), {Linked.NOT:d})",
        json=("page",),
        first="INSERT OR IGNORE INTO host_names (host) VALUES (host_of(:url))",
    ),
    Carried(
        records.Host,
        "hosts",
        "SELECT host, head_refused FROM hosts ORDER BY host",
        "INSERT INTO hosts (host, head_refused) VALUES (:host, :head_refused)",
    ),
    Carried(
        records.Sibling,
        "siblings",
        "SELECT folder, asked_at, sibling FROM siblings ORDER BY folder",
        "INSERT INTO siblings (folder, asked_at, sibling) VALUES (:folder, :asked_at, :sibling)",
        json=("sibling",),
    ),
    Carried(
        records.Mark,
        "marks",
        "SELECT url, kind AS mark, made_at, note, until FROM marks ORDER BY url",
        "INSERT INTO marks (url, kind, made_at, note, until) VALUES (:url, :mark, :made_at, :note, :until)",
    ),
    Carried(
        records.Forgotten,
        "forgotten",
        "SELECT hash, takedown, forgotten_at FROM forgotten ORDER BY hash",
        "INSERT INTO forgotten (hash, takedown, forgotten_at) VALUES (:hash, :takedown, :forgotten_at)",
    ),
    Carried(
        records.Topic,
        "topics",
        "SELECT key, name, slug FROM topics ORDER BY key",
        "INSERT INTO topics (key, name, slug) VALUES (:key, :name, :slug)",
    ),
    Carried(
        records.Identity,
        "identities",
        "SELECT id, path, source, published_at, updated_at, digest, own_id, public FROM identities ORDER BY id",
        "INSERT INTO identities (id, path, source, published_at, updated_at, digest, own_id, public)"
        " VALUES (:id, :path, :source, :published_at, :updated_at, :digest, :own_id, :public)",
    ),
    # No stamp and no rules, so that it is read anew; `articles` takes what is in `article` (importing.py).
    Carried(
        records.File,
        "files",
        FILES,
        "INSERT INTO files (path, mtime_ns, size, inode, sha256, rules, entry_id, identified, vanished_at)"
        " VALUES (:path, -1, -1, -1, :sha256, '', :entry_id, :identified, :vanished_at)",
        json=("article",),
    ),
    Carried(
        records.Observation,
        "observations",
        "SELECT targets.url AS url, look.id AS number, look.run_id AS run,"  # noqa: S608 - no outside text
        f" {_text('started_at', of='look.')},"
        " look.elapsed_ms AS elapsed_ms, coalesce(look.final_url, targets.url) AS final_url, look.verdict AS verdict,"
        " coalesce(replace(look.reason, char(26), coalesce(look.final_url, '')), look.http_status || ' on GET')"
        " AS reason, exchanges_of(look.seen, targets.url, leant_on.seen) AS exchanges,"
        " look.http_status AS http_status, look.failure AS failure, look.failure_text AS failure_text,"
        " look.rules AS rules, context_of(look.seen, targets.url, leant_on.seen) AS context"
        " FROM targets CROSS JOIN observations AS look ON look.target_id = targets.id"
        " LEFT JOIN observations AS leant_on ON leant_on.id = look.leans_on"
        " ORDER BY targets.url, look.id",
        "INSERT INTO observations (id, run_id, target_id, started_at, elapsed_ms, final_url, verdict, reason,"  # noqa: S608
        " http_status, failure, failure_text, rules, leans_on, seen)"
        f" VALUES (:number, (SELECT id FROM runs WHERE id = :run), (SELECT id FROM targets WHERE url = :url),"
        f" {_number('started_at')}, :elapsed_ms, nullif(:final_url, :url), :verdict,"
        " nullif(coalesce(replace(:reason, nullif(:final_url, :url), char(26)), :reason), :http_status || ' on GET'),"
        f" :http_status, :failure, :failure_text, :rules, ({_OLDEST}),"
        f" pack_look(:exchanges, :context, :url, (SELECT seen FROM observations WHERE id = ({_OLDEST}))))",
        json=("exchanges", "context"),
    ),
    Carried(
        records.RolledUp,
        "rolled_up",
        f"SELECT url, looks, {_text('first_at')}, status_text(rolled_up.status) AS status"  # noqa: S608 - as above
        " FROM rolled_up JOIN targets ON targets.id = target_id ORDER BY url",
        "INSERT INTO rolled_up (target_id, looks, first_at, status)"  # noqa: S608 - no outside text
        f" VALUES ((SELECT id FROM targets WHERE url = :url), :looks, {_number('first_at')}, pack_status(:status))",
        json=("status",),
    ),
    Carried(
        records.Transition,
        "transitions",
        f"SELECT transitions.id AS number, url, kind AS change, {_text('at')}, from_status, to_status,"  # noqa: S608 - as above
        f" transitions.verdict AS verdict, {_reason('moved_to', of='transitions.')}, transitions.moved_to AS moved_to"
        " FROM transitions JOIN targets ON targets.id = target_id ORDER BY transitions.id",
        "INSERT INTO transitions (id, target_id, kind, at, from_status, to_status, verdict, reason, moved_to)"  # noqa: S608 - as above
        f" VALUES (:number, (SELECT id FROM targets WHERE url = :url), :change, {_number('at')}, :from_status,"
        f" :to_status, :verdict, {_short_reason('moved_to')}, :moved_to)",
    ),
    Carried(
        records.Snapshot,
        "snapshots",
        "SELECT targets.url AS url, asked_at, again_at, snapshots.reason AS reason, failures, snapshots.url AS copy,"
        " taken_at, held_until FROM snapshots JOIN targets ON targets.id = target_id ORDER BY targets.url",
        "INSERT INTO snapshots (target_id, asked_at, again_at, reason, failures, url, taken_at, held_until)"
        " VALUES ((SELECT id FROM targets WHERE url = :url), :asked_at, :again_at, :reason, :failures, :copy,"
        " :taken_at, :held_until)",
    ),
    Carried(
        records.PublishedFile,
        "published_files",
        "SELECT name, inputs, size FROM published_files ORDER BY name",
        "INSERT INTO published_files (name, inputs, size, mtime_ns, inode) VALUES (:name, :inputs, :size, 0, 0)",
    ),
    # One line a feed: a new entry would change the place of all others.
    Carried(
        records.Feed,
        "published_entries",
        "SELECT feed, json_group_array(entry_id) AS entries"
        " FROM (SELECT feed, position, entry_id FROM published_entries ORDER BY feed, position) GROUP BY feed"
        " ORDER BY feed",
        "INSERT INTO published_entries (feed, position, entry_id)"
        " SELECT :feed, key, value FROM json_each(:entries) ORDER BY key",
        json=("entries",),
    ),
    Carried(
        records.Hold,
        "holds",
        "SELECT feed, entry_id, cause, since_at, seen_at FROM holds ORDER BY feed, entry_id",
        "INSERT INTO holds (feed, entry_id, cause, since_at, seen_at)"
        " VALUES (:feed, :entry_id, :cause, :since_at, :seen_at)",
    ),
    Carried(
        records.Withdrawn,
        "withdrawn",
        "SELECT feed, entry_id, at FROM withdrawn ORDER BY feed, entry_id",
        "INSERT INTO withdrawn (feed, entry_id, at) VALUES (:feed, :entry_id, :at)",
    ),
    Carried(
        records.Waiting,
        "waiting",
        "SELECT entry_id, since_at FROM waiting ORDER BY entry_id",
        "INSERT INTO waiting (entry_id, since_at) VALUES (:entry_id, :since_at)",
    ),
    Carried(
        records.Ping,
        "pings",
        "SELECT hub, topic, changes, changed_at, tries, due_at, of_all, refused FROM pings ORDER BY hub, topic",
        "INSERT INTO pings (hub, topic, changes, changed_at, tries, due_at, of_all, refused)"
        " VALUES (:hub, :topic, :changes, :changed_at, :tries, :due_at, :of_all, :refused)",
    ),
    Carried(
        records.Care,
        "care",
        "SELECT deed, done_at FROM care ORDER BY deed",
        "INSERT INTO care (deed, done_at) VALUES (:deed, :done_at)",
    ),
    Carried(
        records.Job,
        "jobs",
        "SELECT name, finished_at, succeeded_at, failures, problem FROM jobs ORDER BY name",
        "INSERT INTO jobs (name, finished_at, succeeded_at, failures, problem)"
        " VALUES (:name, :finished_at, :succeeded_at, :failures, :problem)",
    ),
    Carried(
        records.Alarm,
        "alarms",
        "SELECT key, title, sentence, since_at FROM alarms ORDER BY key",
        "INSERT INTO alarms (key, title, sentence, since_at) VALUES (:key, :title, :sentence, :since_at)",
    ),
    Carried(
        records.Receiver,
        "receivers",
        "SELECT name, digest_at, tries, again_at, busy_until, begins_after, told_until FROM receivers ORDER BY name",
        "INSERT INTO receivers (name, digest_at, tries, again_at, busy_until, begins_after, told_until)"
        " VALUES (:name, :digest_at, :tries, :again_at, :busy_until, :begins_after, :told_until)",
    ),
    Carried(
        records.ToldAlarm,
        "told_alarms",
        "SELECT receiver, key, title, sentence, since_at FROM told_alarms ORDER BY receiver, key",
        "INSERT INTO told_alarms (receiver, key, title, sentence, since_at)"
        " VALUES (:receiver, :key, :title, :sentence, :since_at)",
    ),
    Carried(
        records.ToldLink,
        "told_links",
        "SELECT url, receiver, is_dead FROM told_links JOIN targets ON targets.id = target_id ORDER BY url, receiver",
        "INSERT INTO told_links (target_id, receiver, is_dead)"
        " VALUES ((SELECT id FROM targets WHERE url = :url), :receiver, :is_dead)",
    ),
    Carried(
        records.Finding,
        "findings",
        "SELECT key, level FROM findings ORDER BY key",
        "INSERT INTO findings (key, level) VALUES (:key, :level)",
    ),
)
