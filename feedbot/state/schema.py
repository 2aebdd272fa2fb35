"""The schema of state.db, as the steps that lead to it; a step once released is never changed."""

APPLICATION_ID = 0x66656564  # "feed"

_V1 = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    who TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    online INTEGER,
    summary TEXT
) STRICT;

-- Article files. What is said of the article is its last good version's, which a rejected file
-- keeps. `vanished_at`: the file is no longer there.
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    rules TEXT NOT NULL,
    fingerprint TEXT,
    source TEXT,
    own_id TEXT,
    digest TEXT,
    published_at TEXT,
    updated_at TEXT,
    draft INTEGER NOT NULL DEFAULT 0,
    rejected_line INTEGER,
    rejected_reason TEXT,
    remarks TEXT NOT NULL DEFAULT '[]',
    identified INTEGER NOT NULL DEFAULT 0,
    entry_id TEXT,
    vanished_at TEXT
) STRICT;
CREATE INDEX files_source ON files (source);
CREATE INDEX files_entry ON files (entry_id);
CREATE INDEX files_unidentified ON files (path) WHERE identified = 0 OR entry_id IS NULL;

-- The last good version of each file, parsed (JSON): apart, because it is large and seldom read.
CREATE TABLE articles (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    article BLOB NOT NULL
) STRICT;

-- Entry ids, minted once; feeds/ids.json is the same outside the database, once readers have seen them.
CREATE TABLE identities (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    source TEXT NOT NULL,
    published_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    digest TEXT NOT NULL,
    own_id INTEGER NOT NULL DEFAULT 0,
    public INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_source ON identities (source);
CREATE INDEX identities_path ON identities (path);

-- A topic gets its slug when its first article is public, and keeps it.
CREATE TABLE topics (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    slug TEXT UNIQUE
) STRICT, WITHOUT ROWID;

-- What a feed may hold: asked with (topic, published_at <= now), newest first. '' is `all`.
-- Drafts are not in it.
CREATE TABLE members (
    topic TEXT NOT NULL,
    published_at TEXT NOT NULL,
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    PRIMARY KEY (topic, published_at, file_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_file ON members (file_id);

CREATE TABLE targets (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'unchecked',
    since_at TEXT,
    verdict TEXT,
    reason TEXT NOT NULL DEFAULT '',
    checked_at TEXT,
    strikes INTEGER NOT NULL DEFAULT 0,
    first_strike_at TEXT,
    last_strike_at TEXT,
    rule_strikes INTEGER,
    rule_over_s REAL,
    first_alive_at TEXT,
    revived_at TEXT,
    moved_to TEXT,
    nameless INTEGER NOT NULL DEFAULT 0,
    frozen INTEGER NOT NULL DEFAULT 0,
    next_check_at TEXT NOT NULL,
    page_checked_at TEXT,
    etag TEXT,
    last_modified TEXT
) STRICT;
CREATE INDEX targets_due ON targets (next_check_at);
CREATE INDEX targets_host ON targets (host, verdict);
CREATE INDEX targets_unlinkable ON targets (id) WHERE status IN ('dead', 'refused');

CREATE TABLE links (
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES targets (id),
    role TEXT NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (file_id, role, target_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_target ON links (target_id);

-- The latest moment that this database was written at: an earlier one tells that the clock was set back.
CREATE TABLE clock (
    latest TEXT NOT NULL
) STRICT;
INSERT INTO clock (latest) VALUES ('');

CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    head_refused INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What the wire saw: only ever added to.
CREATE TABLE observations (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id),
    target_id INTEGER NOT NULL REFERENCES targets (id),
    started_at TEXT NOT NULL,
    elapsed_ms INTEGER NOT NULL,
    http_status INTEGER,
    failure TEXT,
    failure_text TEXT,
    final_url TEXT NOT NULL,
    exchanges TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX observations_target ON observations (target_id, started_at);
CREATE TRIGGER observations_are_append_only BEFORE UPDATE ON observations
BEGIN
    SELECT RAISE(ABORT, 'observations are append-only');
END;

-- What lies in the feeds folder, so that an unchanged feed is not rendered again.
CREATE TABLE published_files (
    name TEXT PRIMARY KEY,
    inputs TEXT NOT NULL,
    mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    inode INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE published_entries (
    feed TEXT NOT NULL,
    position INTEGER NOT NULL,
    entry_id TEXT NOT NULL,
    PRIMARY KEY (feed, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX published_entries_entry ON published_entries (entry_id);

-- Removals that the guard holds back, feed by feed.
CREATE TABLE holds (
    feed TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    since_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (feed, entry_id)
) STRICT, WITHOUT ROWID;
"""

_V2 = """
-- Whether a refused target was refused because its host asks not to be checked: a reader may follow it.
ALTER TABLE targets ADD COLUMN by_request INTEGER NOT NULL DEFAULT 0;
-- Whose link it is: 0 the article's own, n its n-th related article's; and whether the article asks to leave it alone.
ALTER TABLE links ADD COLUMN item INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN ignored INTEGER NOT NULL DEFAULT 0;
CREATE TABLE items (
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    item INTEGER NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY (file_id, item)
) STRICT, WITHOUT ROWID;

-- What the page said when it was last read (JSON), and whether it has carried an article's title.
ALTER TABLE targets ADD COLUMN page TEXT;
ALTER TABLE targets ADD COLUMN titled INTEGER NOT NULL DEFAULT 0;

-- What else was known when an observation was judged (JSON), and the version of the rules that judged it.
ALTER TABLE observations ADD COLUMN context TEXT;
ALTER TABLE observations ADD COLUMN rules INTEGER NOT NULL DEFAULT 1;

-- Network failures of this run were not counted.
ALTER TABLE runs ADD COLUMN frozen INTEGER NOT NULL DEFAULT 0;

-- What a made-up address beside a page answered (JSON), by the folder that it was made up in.
CREATE TABLE siblings (
    folder TEXT PRIMARY KEY,
    asked_at TEXT NOT NULL,
    sibling TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a person has said of a link, by its canonical URL.
CREATE TABLE marks (
    url TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    note TEXT NOT NULL,
    until TEXT,
    made_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- The Content-Length of its last good answer, which tells as its validators do that a page has changed.
ALTER TABLE targets ADD COLUMN length INTEGER;
-- How hot an article is, as its file says: by it the requests of a tight budget are spent.
ALTER TABLE files ADD COLUMN heat REAL;
UPDATE files SET heat = (SELECT json_extract(CAST(article AS TEXT), '$.heat') FROM articles WHERE file_id = files.id);

-- Asked for every target that is due: has another one of its host begun to fail since it was looked at?
CREATE INDEX targets_failing ON targets (host, first_strike_at) WHERE status = 'failing';
"""

_V3 = """
-- How often in a row a target was seen to lead to `moved_to`, and since when: a link is mended when that is sure.
ALTER TABLE targets ADD COLUMN moved_looks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE targets ADD COLUMN moved_first_at TEXT;
CREATE INDEX targets_moved ON targets (id) WHERE status = 'moved';
"""

_V4 = """
-- What an operator is told of a link: each died, recovered, moved and blocked (core/transition.py), once a day.
CREATE TABLE transitions (
    id INTEGER PRIMARY KEY,
    target_id INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    from_status TEXT NOT NULL,
    to_status TEXT NOT NULL,
    verdict TEXT,
    reason TEXT NOT NULL,
    moved_to TEXT
) STRICT;
CREATE UNIQUE INDEX transitions_once_a_day ON transitions (target_id, kind, substr(at, 1, 10));
CREATE INDEX transitions_at ON transitions (at, id);
"""

_V5 = """
-- What articles say of themselves that further feeds ask for (feeds.more).
ALTER TABLE files ADD COLUMN category TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN provider_name TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN provider_domain TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN quality REAL;
UPDATE files SET category = coalesce(json_extract(said.text, '$.category'), ''),
    provider_name = coalesce(json_extract(said.text, '$.provider.name'), ''),
    provider_domain = coalesce(json_extract(said.text, '$.provider.domain'), ''),
    quality = json_extract(said.text, '$.quality')
FROM (SELECT file_id, CAST(article AS TEXT) AS text FROM articles) AS said WHERE said.file_id = files.id;
"""

_V6 = """
-- What was taken down (`feedbot forget`), by the SHA-256 of the path of an article file or of a canonical URL: the
-- words themselves are gone. Rows with the same number came of one takedown, and are lifted together.
CREATE TABLE forgotten (
    hash TEXT PRIMARY KEY,
    takedown INTEGER NOT NULL,
    forgotten_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

_V7 = """
-- What lies in the reports folder, so that reports of which nothing changed are not made again.
CREATE TABLE written_reports (
    path TEXT PRIMARY KEY,
    inputs TEXT NOT NULL,
    mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    inode INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

_V8 = """
-- What WebSub hubs are to be told: the address of a feed, with the number of its changes, the latest of them, and the
-- tries in vain. No `due_at`: there is nothing to tell; the row keeps the number, which only grows, and why the hub
-- refused it, so that this is told to the operator once. `of_all`: at the latest try the hub spoke for all addresses,
-- or not at all: it is left alone until then.
CREATE TABLE pings (
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,
    changes INTEGER NOT NULL,
    changed_at TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    due_at TEXT,
    of_all INTEGER NOT NULL DEFAULT 0,
    refused TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (hub, topic)
) STRICT, WITHOUT ROWID;
"""

_V9 = """
-- What an archive was asked of the sources of articles: when, what came of it in words, when it is asked again, how
-- many look-ups in a row brought no answer, the copy that readers are led to when the source is dead, and until when
-- the archive wanted to be left alone.
CREATE TABLE snapshots (
    target_id INTEGER PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
    asked_at TEXT NOT NULL,
    again_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    url TEXT,
    taken_at TEXT,
    held_until TEXT
) STRICT;
CREATE INDEX snapshots_held ON snapshots (held_until) WHERE held_until IS NOT NULL;
"""

_V10 = """
-- New entries that wait until their page on the publication's own site answers (feeds.link: page).
CREATE TABLE waiting (
    entry_id TEXT PRIMARY KEY,
    since_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

_V11 = """
-- Where a target stood before the oldest of its looks that is still kept (JSON); `looks` earlier ones led there, the
-- first of them at `first_at`.
CREATE TABLE rolled_up (
    target_id INTEGER PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
    looks INTEGER NOT NULL,
    first_at TEXT NOT NULL,
    status TEXT NOT NULL
) STRICT;

-- When this database was last looked after, by what was done.
CREATE TABLE care (
    deed TEXT PRIMARY KEY,
    done_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Without it SQLite reads every observation for each run that is deleted.
CREATE INDEX observations_run ON observations (run_id);
"""

_V12 = """
-- Entries that were in a feed and are published no more, with the time of it, as long as the feed tells of them.
CREATE TABLE withdrawn (
    feed TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (feed, entry_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX withdrawn_at ON withdrawn (at);
"""

_V13 = """
-- How each job of the daemon ended last, and how often in a row it has failed.
CREATE TABLE jobs (
    name TEXT PRIMARY KEY,
    finished_at TEXT NOT NULL,
    succeeded_at TEXT,
    failures INTEGER NOT NULL,
    problem TEXT
) STRICT, WITHOUT ROWID;
"""

_V14 = """
-- What is wrong now, as operators are told it (`alerts`).
CREATE TABLE alarms (
    key TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    sentence TEXT NOT NULL,
    since_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Each way to somebody who is told: the tries in vain since the last message, when it is tried again, and until when a
-- process is telling it something. `digest_at` is the hour of the last digest, which knew of the transitions up to
-- `told_until`; its first one began after `begins_after`.
CREATE TABLE receivers (
    name TEXT PRIMARY KEY,
    tries INTEGER NOT NULL DEFAULT 0,
    again_at TEXT,
    busy_until TEXT,
    digest_at TEXT NOT NULL,
    begins_after INTEGER NOT NULL,
    told_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Of what is wrong, what each was told; and whether it was told last that a link is dead, or that it is not.
CREATE TABLE told_alarms (
    receiver TEXT NOT NULL REFERENCES receivers (name) ON DELETE CASCADE,
    key TEXT NOT NULL,
    title TEXT NOT NULL,
    sentence TEXT NOT NULL,
    since_at TEXT NOT NULL,
    PRIMARY KEY (receiver, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE told_links (
    target_id INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    receiver TEXT NOT NULL REFERENCES receivers (name) ON DELETE CASCADE,
    is_dead INTEGER NOT NULL,
    PRIMARY KEY (target_id, receiver)
) STRICT, WITHOUT ROWID;
"""

_V15 = """
-- What was not well at the last look of the doctor, by what it is about, with its level.
CREATE TABLE findings (
    key TEXT PRIMARY KEY,
    level TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

_V16 = """
-- The latest moment at which the feeds got other entries: what was in them by then is not of the future, whatever a
-- clock says that was set back.
ALTER TABLE clock ADD COLUMN published TEXT NOT NULL DEFAULT '';
"""

_V17 = """
-- The links in article files; `links` is the view of them that is made for people.
ALTER TABLE links RENAME TO article_links;

-- Views for people, and for programs that read state.db (docs/state.md): one row says all, times are ISO 8601 in UTC.
-- Every link of the articles that are there, with where it stands.
CREATE VIEW links AS
SELECT files.path AS article, article_links.line AS line, article_links.role AS role, targets.url AS url,
    targets.host AS host, targets.status AS status, targets.since_at AS since, targets.verdict AS verdict,
    targets.reason AS reason, targets.strikes AS strikes, targets.checked_at AS checked,
    targets.next_check_at AS next_check, targets.moved_to AS moved_to, snapshots.url AS archived_copy,
    marks.kind AS marked, article_links.ignored AS ignored
FROM article_links
JOIN files ON files.id = article_links.file_id
JOIN targets ON targets.id = article_links.target_id
LEFT JOIN snapshots ON snapshots.target_id = targets.id
LEFT JOIN marks ON marks.url = targets.url AND (marks.until IS NULL OR marks.until >= date('now'))
WHERE files.vanished_at IS NULL;

-- Those that are dead, or that a person calls dead, and not alive; from the few that are, by an index.
CREATE VIEW dead_links AS
WITH dead (id) AS (
    SELECT id FROM targets WHERE status IN ('dead', 'refused') AND status = 'dead'
        AND url NOT IN (SELECT url FROM marks WHERE kind = 'alive' AND (until IS NULL OR until >= date('now')))
    UNION
    SELECT targets.id FROM marks JOIN targets ON targets.url = marks.url
    WHERE marks.kind = 'dead' AND (marks.until IS NULL OR marks.until >= date('now'))
)
SELECT files.path AS article, article_links.line AS line, article_links.role AS role, targets.url AS url,
    targets.host AS host, targets.status AS status, targets.since_at AS since, targets.verdict AS verdict,
    targets.reason AS reason, targets.strikes AS strikes, targets.checked_at AS checked,
    targets.first_alive_at AS first_alive, snapshots.url AS archived_copy, marks.kind AS marked
FROM dead
CROSS JOIN targets ON targets.id = dead.id
CROSS JOIN article_links ON article_links.target_id = targets.id AND article_links.ignored = 0
CROSS JOIN files ON files.id = article_links.file_id AND files.vanished_at IS NULL
LEFT JOIN snapshots ON snapshots.target_id = targets.id
LEFT JOIN marks ON marks.url = targets.url AND (marks.until IS NULL OR marks.until >= date('now'));

-- Every look at a link that is kept.
CREATE VIEW link_history AS
SELECT targets.url AS url, targets.host AS host, observations.started_at AS checked, observations.verdict AS verdict,
    observations.reason AS reason, observations.http_status AS http_status, observations.failure AS failure,
    observations.final_url AS final_url, observations.elapsed_ms AS elapsed_ms
FROM observations JOIN targets ON targets.id = observations.target_id;

-- Where a view comes first in SQLite's own list of tables (seen in 3.40), integrity_check takes it for a check in
-- part, and passes over free pages and pages that nobody uses. This table, made anew after the views, comes first.
CREATE TABLE hosts_anew (
    host TEXT PRIMARY KEY,
    head_refused INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO hosts_anew SELECT host, head_refused FROM hosts;
DROP TABLE hosts;
ALTER TABLE hosts_anew RENAME TO hosts;
"""

_V18 = """
-- What a large publication has most of is kept in few bytes: articles, looks, pages and rolled-up statuses packed
-- (state/packed.py), times of links, looks and changes as seconds since 1970, and reasons without what the row says
-- beside them (state/reasons.py). The views show them as before.
UPDATE articles SET article = pack_article(article);

DROP VIEW links;
DROP VIEW dead_links;
DROP VIEW link_history;

-- The hosts of links: each has one name, and very many links.
CREATE TABLE host_names (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO host_names (host) SELECT DISTINCT host FROM targets ORDER BY host;
CREATE TABLE targets_anew (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    host_id INTEGER NOT NULL REFERENCES host_names (id),
    status TEXT NOT NULL DEFAULT 'unchecked',
    since_at INTEGER,
    verdict TEXT,
    reason TEXT NOT NULL DEFAULT '',
    checked_at INTEGER,
    strikes INTEGER NOT NULL DEFAULT 0,
    first_strike_at INTEGER,
    last_strike_at INTEGER,
    rule_strikes INTEGER,
    rule_over_s REAL,
    first_alive_at INTEGER,
    revived_at INTEGER,
    moved_to TEXT,
    moved_looks INTEGER NOT NULL DEFAULT 0,
    moved_first_at INTEGER,
    nameless INTEGER NOT NULL DEFAULT 0,
    by_request INTEGER NOT NULL DEFAULT 0,
    frozen INTEGER NOT NULL DEFAULT 0,
    next_check_at INTEGER NOT NULL,
    page_checked_at INTEGER,
    etag TEXT,
    last_modified TEXT,
    length INTEGER,
    titled INTEGER NOT NULL DEFAULT 0,
    -- What its page said when it was last read and well: that is in this look, as long as it is kept, or else packed.
    page_look INTEGER,
    page BLOB
) STRICT;
INSERT INTO targets_anew SELECT id, url, (SELECT id FROM host_names WHERE host_names.host = targets.host), status,
    CAST(strftime('%s', since_at) AS INTEGER), verdict,
    coalesce(replace(reason, moved_to, char(26)), reason),
    CAST(strftime('%s', checked_at) AS INTEGER), strikes, CAST(strftime('%s', first_strike_at) AS INTEGER),
    CAST(strftime('%s', last_strike_at) AS INTEGER), rule_strikes, rule_over_s,
    CAST(strftime('%s', first_alive_at) AS INTEGER), CAST(strftime('%s', revived_at) AS INTEGER), moved_to, moved_looks,
    CAST(strftime('%s', moved_first_at) AS INTEGER), nameless, by_request, frozen,
    CAST(strftime('%s', next_check_at) AS INTEGER), CAST(strftime('%s', page_checked_at) AS INTEGER), etag,
    last_modified, length, titled, NULL, pack_page(page, url)
FROM targets ORDER BY id;
DROP TABLE targets;
ALTER TABLE targets_anew RENAME TO targets;
CREATE INDEX targets_due ON targets (next_check_at);
CREATE INDEX targets_host ON targets (host_id, verdict);
CREATE INDEX targets_unlinkable ON targets (id) WHERE status IN ('dead', 'refused');
CREATE INDEX targets_moved ON targets (id) WHERE status = 'moved';

CREATE TABLE observations_anew (
    id INTEGER PRIMARY KEY,
    -- Of `runs`; no reference, for which SQLite would read all looks with each run that is deleted, or need an index.
    run_id INTEGER NOT NULL,
    target_id INTEGER NOT NULL REFERENCES targets (id),
    started_at INTEGER NOT NULL,
    elapsed_ms INTEGER NOT NULL,
    http_status INTEGER,
    failure TEXT,
    failure_text TEXT,
    -- Where it ended; null where that is the URL of the link itself.
    final_url TEXT,
    verdict TEXT NOT NULL,
    -- Null: "200 on GET", with its status.
    reason TEXT,
    rules INTEGER NOT NULL DEFAULT 1,
    -- The earlier look at the same link that this one is packed with; null where it is packed alone.
    leans_on INTEGER,
    -- Its exchanges and what else was known when it was judged, packed.
    seen BLOB NOT NULL
) STRICT;
INSERT INTO observations_anew (id, run_id, target_id, started_at, elapsed_ms, http_status, failure, failure_text,
    final_url, verdict, reason, rules, leans_on, seen)
SELECT look.id, look.run_id, look.target_id, CAST(strftime('%s', look.started_at) AS INTEGER), look.elapsed_ms,
    look.http_status, look.failure, look.failure_text, nullif(look.final_url, targets.url), look.verdict,
    nullif(coalesce(replace(look.reason, nullif(look.final_url, targets.url), char(26)), look.reason),
        look.http_status || ' on GET'),
    look.rules, first.id, pack_look(look.exchanges, look.context, targets.url, CASE WHEN first.id IS NOT NULL
        THEN pack_look(first.exchanges, first.context, targets.url, NULL) END)
FROM observations AS look CROSS JOIN targets ON targets.id = look.target_id
LEFT JOIN observations AS first ON first.id <> look.id
    AND first.id = (SELECT min(id) FROM observations WHERE target_id = look.target_id)
ORDER BY look.id;
DROP TABLE observations;
ALTER TABLE observations_anew RENAME TO observations;
CREATE INDEX observations_target ON observations (target_id);
-- How it is packed may change, what it says does not.
CREATE TRIGGER observations_are_append_only BEFORE UPDATE OF id, run_id, target_id, started_at, elapsed_ms, http_status,
    failure, failure_text, final_url, verdict, reason, rules ON observations
BEGIN
    SELECT RAISE(ABORT, 'observations are append-only');
END;

CREATE TABLE rolled_up_anew (
    target_id INTEGER PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
    looks INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    status BLOB NOT NULL
) STRICT;
INSERT INTO rolled_up_anew SELECT target_id, looks, CAST(strftime('%s', first_at) AS INTEGER), pack_status(status)
FROM rolled_up ORDER BY target_id;
DROP TABLE rolled_up;
ALTER TABLE rolled_up_anew RENAME TO rolled_up;

CREATE TABLE transitions_anew (
    id INTEGER PRIMARY KEY,
    target_id INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    from_status TEXT NOT NULL,
    to_status TEXT NOT NULL,
    verdict TEXT,
    reason TEXT NOT NULL,
    moved_to TEXT
) STRICT;
INSERT INTO transitions_anew SELECT id, target_id, kind, CAST(strftime('%s', at) AS INTEGER), from_status, to_status,
    verdict, coalesce(replace(reason, moved_to, char(26)), reason), moved_to FROM transitions ORDER BY id;
DROP TABLE transitions;
ALTER TABLE transitions_anew RENAME TO transitions;
-- Once a day (UTC).
CREATE UNIQUE INDEX transitions_once_a_day ON transitions (target_id, kind, at / 86400);
CREATE INDEX transitions_at ON transitions (at, id);

CREATE VIEW links AS
SELECT files.path AS article, article_links.line AS line, article_links.role AS role, targets.url AS url,
    host_names.host AS host, targets.status AS status,
    strftime('%Y-%m-%dT%H:%M:%SZ', targets.since_at, 'unixepoch') AS since, targets.verdict AS verdict,
    replace(targets.reason, char(26), coalesce(targets.moved_to, '')) AS reason, targets.strikes AS strikes,
    strftime('%Y-%m-%dT%H:%M:%SZ', targets.checked_at, 'unixepoch') AS checked,
    strftime('%Y-%m-%dT%H:%M:%SZ', targets.next_check_at, 'unixepoch') AS next_check,
    targets.moved_to AS moved_to, snapshots.url AS archived_copy, marks.kind AS marked, article_links.ignored AS ignored
FROM article_links
JOIN files ON files.id = article_links.file_id
JOIN targets ON targets.id = article_links.target_id
JOIN host_names ON host_names.id = targets.host_id
LEFT JOIN snapshots ON snapshots.target_id = targets.id
LEFT JOIN marks ON marks.url = targets.url AND (marks.until IS NULL OR marks.until >= date('now'))
WHERE files.vanished_at IS NULL;
CREATE VIEW dead_links AS
WITH dead (id) AS (
    SELECT id FROM targets WHERE status IN ('dead', 'refused') AND status = 'dead'
        AND url NOT IN (SELECT url FROM marks WHERE kind = 'alive' AND (until IS NULL OR until >= date('now')))
    UNION
    SELECT targets.id FROM marks JOIN targets ON targets.url = marks.url
    WHERE marks.kind = 'dead' AND (marks.until IS NULL OR marks.until >= date('now'))
)
SELECT files.path AS article, article_links.line AS line, article_links.role AS role, targets.url AS url,
    host_names.host AS host, targets.status AS status,
    strftime('%Y-%m-%dT%H:%M:%SZ', targets.since_at, 'unixepoch') AS since, targets.verdict AS verdict,
    replace(targets.reason, char(26), coalesce(targets.moved_to, '')) AS reason, targets.strikes AS strikes,
    strftime('%Y-%m-%dT%H:%M:%SZ', targets.checked_at, 'unixepoch') AS checked,
    strftime('%Y-%m-%dT%H:%M:%SZ', targets.first_alive_at, 'unixepoch') AS first_alive,
    snapshots.url AS archived_copy, marks.kind AS marked
FROM dead
CROSS JOIN targets ON targets.id = dead.id
CROSS JOIN host_names ON host_names.id = targets.host_id
CROSS JOIN article_links ON article_links.target_id = targets.id AND article_links.ignored = 0
CROSS JOIN files ON files.id = article_links.file_id AND files.vanished_at IS NULL
LEFT JOIN snapshots ON snapshots.target_id = targets.id
LEFT JOIN marks ON marks.url = targets.url AND (marks.until IS NULL OR marks.until >= date('now'));
CREATE VIEW link_history AS
SELECT targets.url AS url, host_names.host AS host,
    strftime('%Y-%m-%dT%H:%M:%SZ', observations.started_at, 'unixepoch') AS checked, observations.verdict AS verdict,
    coalesce(replace(observations.reason, char(26), coalesce(observations.final_url, '')),
        observations.http_status || ' on GET') AS reason,
    observations.http_status AS http_status, observations.failure AS failure,
    coalesce(observations.final_url, targets.url) AS final_url, observations.elapsed_ms AS elapsed_ms
FROM observations JOIN targets ON targets.id = observations.target_id
JOIN host_names ON host_names.id = targets.host_id;

-- What every build asks for, among what it does not.
CREATE INDEX identities_unseen ON identities (id) WHERE public = 0;
CREATE INDEX files_vanished ON files (path) WHERE vanished_at IS NOT NULL;

-- How often what feeds say of the entries of a month (of their identities, UTC) has changed, and what ids.json says of
-- them: what was made of a month of which neither has changed need not be made again. The month of files without an
-- entry is ''. The triggers know everything that is asked for to make a feed, so that no change passes them by.
CREATE TABLE changes (
    month TEXT PRIMARY KEY,
    entries INTEGER NOT NULL DEFAULT 0,
    ids INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO changes (month) SELECT DISTINCT substr(published_at, 1, 7) FROM identities ORDER BY 1;
CREATE TRIGGER files_come AFTER INSERT ON files
BEGIN
    INSERT INTO changes (month, entries)
    VALUES (coalesce((SELECT substr(published_at, 1, 7) FROM identities WHERE id = NEW.entry_id), ''), 1)
    ON CONFLICT (month) DO UPDATE SET entries = entries + 1;
END;
CREATE TRIGGER files_go AFTER DELETE ON files
BEGIN
    INSERT INTO changes (month, entries)
    VALUES (coalesce((SELECT substr(published_at, 1, 7) FROM identities WHERE id = OLD.entry_id), ''), 1)
    ON CONFLICT (month) DO UPDATE SET entries = entries + 1;
END;
CREATE TRIGGER files_change AFTER UPDATE OF path, sha256, rules, fingerprint, source, published_at, draft, category,
    provider_name, provider_domain, quality, heat, entry_id, vanished_at ON files
WHEN (OLD.path, OLD.sha256, OLD.rules, OLD.fingerprint, OLD.source, OLD.published_at, OLD.draft, OLD.category,
    OLD.provider_name, OLD.provider_domain, OLD.quality, OLD.heat, OLD.entry_id, OLD.vanished_at)
    IS NOT (NEW.path, NEW.sha256, NEW.rules, NEW.fingerprint, NEW.source, NEW.published_at, NEW.draft, NEW.category,
    NEW.provider_name, NEW.provider_domain, NEW.quality, NEW.heat, NEW.entry_id, NEW.vanished_at)
BEGIN
    INSERT INTO changes (month, entries)
    VALUES (coalesce((SELECT substr(published_at, 1, 7) FROM identities WHERE id = OLD.entry_id), ''), 1)
    ON CONFLICT (month) DO UPDATE SET entries = entries + 1;
    INSERT INTO changes (month, entries)
    SELECT coalesce((SELECT substr(published_at, 1, 7) FROM identities WHERE id = NEW.entry_id), ''), 1
    WHERE NEW.entry_id IS NOT OLD.entry_id
    ON CONFLICT (month) DO UPDATE SET entries = entries + 1;
END;
CREATE TRIGGER identities_come AFTER INSERT ON identities
BEGIN
    INSERT INTO changes (month, entries, ids) VALUES (substr(NEW.published_at, 1, 7), 1, NEW.public)
    ON CONFLICT (month) DO UPDATE SET entries = entries + 1, ids = ids + excluded.ids;
END;
CREATE TRIGGER identities_go AFTER DELETE ON identities
BEGIN
    INSERT INTO changes (month, entries, ids) VALUES (substr(OLD.published_at, 1, 7), 1, OLD.public)
    ON CONFLICT (month) DO UPDATE SET entries = entries + 1, ids = ids + excluded.ids;
END;
CREATE TRIGGER identities_change AFTER UPDATE ON identities
WHEN (OLD.id, OLD.path, OLD.source, OLD.published_at, OLD.updated_at, OLD.digest, OLD.own_id, OLD.public)
    IS NOT (NEW.id, NEW.path, NEW.source, NEW.published_at, NEW.updated_at, NEW.digest, NEW.own_id, NEW.public)
BEGIN
    INSERT INTO changes (month, entries, ids) VALUES (substr(OLD.published_at, 1, 7), 1, OLD.public OR NEW.public)
    ON CONFLICT (month) DO UPDATE SET entries = entries + 1, ids = ids + excluded.ids;
    INSERT INTO changes (month, entries, ids)
    SELECT substr(NEW.published_at, 1, 7), 1, OLD.public OR NEW.public
    WHERE substr(NEW.published_at, 1, 7) <> substr(OLD.published_at, 1, 7)
    ON CONFLICT (month) DO UPDATE SET entries = entries + 1, ids = ids + excluded.ids;
END;

-- The months of an archive (`feeds.history`) as its documents were last written: from what, with what beside them, and
-- which documents those are (JSON, oldest first). No row: each of its entries is to be looked at.
CREATE TABLE archived_months (
    feed TEXT NOT NULL,
    month TEXT NOT NULL,
    inputs TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    documents TEXT NOT NULL,
    PRIMARY KEY (feed, month)
) STRICT, WITHOUT ROWID;

-- As after every step that makes a view: a table comes first in SQLite's own list.
CREATE TABLE hosts_anew (
    host TEXT PRIMARY KEY,
    head_refused INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO hosts_anew SELECT host, head_refused FROM hosts;
DROP TABLE hosts;
ALTER TABLE hosts_anew RENAME TO hosts;

-- How articles link to a target (state/linked.py): 0 once, 1 often, 2 by files that are gone, 3 to be left alone,
-- 4 not at all.
ALTER TABLE targets ADD COLUMN linked INTEGER NOT NULL DEFAULT 0;
UPDATE targets SET linked = CASE
    WHEN EXISTS (
        SELECT 1 FROM article_links AS links CROSS JOIN files ON files.id = links.file_id
        WHERE links.target_id = targets.id AND links.ignored = 0 AND files.vanished_at IS NULL
    ) THEN (SELECT count(*) > 1 FROM article_links WHERE target_id = targets.id)
    WHEN EXISTS (SELECT 1 FROM article_links AS links WHERE links.target_id = targets.id AND links.ignored = 0) THEN 2
    WHEN EXISTS (SELECT 1 FROM article_links WHERE target_id = targets.id) THEN 3
    ELSE 4
END;

-- What operators are told of is counted, and its worst found, without going through all links or reading their rows.
CREATE INDEX targets_told ON targets (status, verdict, linked)
    WHERE status <> 'alive' OR verdict IS NOT 'alive' OR linked <> 0;
-- SQLite would make a list of three anew for each row that is written.
CREATE INDEX targets_worst ON targets (status, strikes DESC, url, since_at, linked)
    WHERE status = 'dead' OR status = 'failing' OR status = 'blocked';
CREATE INDEX targets_linked ON targets (linked, next_check_at) WHERE linked <> 0;
CREATE INDEX targets_broken ON targets (host_id, status, first_strike_at, linked) WHERE status IN ('dead', 'failing');
CREATE INDEX targets_moved_for_good ON targets (linked) WHERE status = 'moved' AND verdict = 'moved'
    AND moved_looks >= 3 AND checked_at - moved_first_at >= 604800;
"""

MIGRATIONS = (_V1, _V2, _V3, _V4, _V5, _V6, _V7, _V8, _V9, _V10, _V11, _V12, _V13, _V14, _V15, _V16, _V17, _V18)
"""Step n leads from version n to n + 1; `PRAGMA user_version` tells the version of a database."""

VERSION = len(MIGRATIONS)
