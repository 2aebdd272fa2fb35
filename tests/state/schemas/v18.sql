PRAGMA application_id = 1717921124;
PRAGMA user_version = 18;
CREATE TABLE alarms (
    key TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    sentence TEXT NOT NULL,
    since_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "alarms" VALUES('disk','the disk is nearly full','/srv: its disk has 1.0 MB free','2026-01-20T08:00:00Z');
CREATE TABLE "article_links" (
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES targets (id),
    role TEXT NOT NULL,
    line INTEGER NOT NULL, item INTEGER NOT NULL DEFAULT 0, ignored INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (file_id, role, target_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "article_links" VALUES(1,1,'source',4,0,0);
CREATE TABLE articles (
    file_id INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    article BLOB NOT NULL
) STRICT;
INSERT INTO "articles" VALUES(1,X'7B2270617468223A2261727469636C65732F6F6C642E6D64222C227469746C65223A2241626F7574206F6C64222C22736F757263655F75726C223A2268747470733A2F2F6F6C642E6578616D706C652F70616765222C227075626C69736865645F6174223A22323032362D30312D30325430383A30303A30305A222C2268656174223A31322E352C2263617465676F7279223A224E657773222C227175616C697479223A372E302C2270726F7669646572223A7B226E616D65223A22546865204F6C64222C22646F6D61696E223A226F6C642E6578616D706C65227D2C22746F70696373223A5B224149225D7D');
CREATE TABLE care (
    deed TEXT PRIMARY KEY,
    done_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "care" VALUES('maintenance','2026-01-05T06:00:09Z');
CREATE TABLE clock (
    latest TEXT NOT NULL
, published TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "clock" VALUES('2026-01-06T06:00:00Z','2026-01-08T08:00:00Z');
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
, heat REAL, category TEXT NOT NULL DEFAULT '', provider_name TEXT NOT NULL DEFAULT '', provider_domain TEXT NOT NULL DEFAULT '', quality REAL) STRICT;
INSERT INTO "files" VALUES(1,'articles/old.md',1767000000000000000,120,77,'ab12','r1','f1','https://old.example/page',NULL,'d1','2026-01-02T08:00:00Z','2026-01-02T08:00:00Z',0,NULL,NULL,'[]',1,'tag:example.org,2026:old',NULL,12.5,'News','The Old','old.example',7.0);
INSERT INTO "files" VALUES(2,'articles/bad.md',1767000000000000001,12,78,'cd34','r1',NULL,NULL,NULL,NULL,NULL,NULL,0,3,'has no title','[]',0,NULL,'2026-01-05T06:00:00Z',NULL,'','','',NULL);
CREATE TABLE findings (
    key TEXT PRIMARY KEY,
    level TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "findings" VALUES('clock','warning');
CREATE TABLE forgotten (
    hash TEXT PRIMARY KEY,
    takedown INTEGER NOT NULL,
    forgotten_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "forgotten" VALUES('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',1,'2026-01-05T08:00:00Z');
CREATE TABLE holds (
    feed TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    since_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (feed, entry_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "holds" VALUES('ai','tag:example.org,2026:other','vanished','2026-01-05T06:00:09Z','2026-01-06T06:00:00Z');
CREATE TABLE "hosts" (
    host TEXT PRIMARY KEY,
    head_refused INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO "hosts" VALUES('old.example',1);
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
INSERT INTO "identities" VALUES('tag:example.org,2026:old','articles/old.md','https://old.example/page','2026-01-02T08:00:00Z','2026-01-02T08:00:00Z','d1',0,1);
CREATE TABLE items (
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    item INTEGER NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY (file_id, item)
) STRICT, WITHOUT ROWID;
INSERT INTO "items" VALUES(1,1,'A related story');
CREATE TABLE jobs (
    name TEXT PRIMARY KEY,
    finished_at TEXT NOT NULL,
    succeeded_at TEXT,
    failures INTEGER NOT NULL,
    problem TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO "jobs" VALUES('read','2026-01-20T08:00:00Z','2026-01-19T08:00:00Z',1,'articles: no file matches');
CREATE TABLE marks (
    url TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    note TEXT NOT NULL,
    until TEXT,
    made_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "marks" VALUES('https://gone.example/','alive','I saw it',NULL,'2026-01-05T07:00:00Z');
CREATE TABLE members (
    topic TEXT NOT NULL,
    published_at TEXT NOT NULL,
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    PRIMARY KEY (topic, published_at, file_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "members" VALUES('','2026-01-02T08:00:00Z',1);
INSERT INTO "members" VALUES('ai','2026-01-02T08:00:00Z',1);
CREATE TABLE "observations" (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id),
    target_id INTEGER NOT NULL REFERENCES targets (id),
    started_at TEXT NOT NULL,
    elapsed_ms INTEGER NOT NULL,
    http_status INTEGER,
    failure TEXT,
    failure_text TEXT,
    -- Where it ended; null where that is the URL of the link itself.
    final_url TEXT,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    rules INTEGER NOT NULL DEFAULT 1,
    -- The earlier look at the same link that this one is packed with; null where it is packed alone.
    leans_on INTEGER,
    -- Its exchanges and what else was known when it was judged, packed.
    seen BLOB NOT NULL
) STRICT;
INSERT INTO "observations" VALUES(1,1,1,'2026-01-05T06:00:01Z',90,200,NULL,NULL,NULL,'alive','200 on GET',1,NULL,X'C3E61C6417E0D287E432A06B6A6301');
INSERT INTO "observations" VALUES(2,1,2,'2026-01-05T06:00:02Z',80,404,NULL,NULL,NULL,'missing','404 on GET: not found',1,NULL,X'C3E61664EBB16A4272938981496D2C00');
INSERT INTO "observations" VALUES(3,1,1,'2026-01-06T06:00:01Z',70,200,NULL,NULL,'https://old.example/new','moved','301 on GET',2,1,X'A38239C6068658F30EB296BCD472A55A1DA85D8624D805D288E6642EA484094D432809D13931EDF04AA5D85A00');
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
INSERT INTO "pings" VALUES('https://hub.example/','https://example.org/feeds/all.atom',1,'2026-01-05T06:00:09Z',0,NULL,0,'');
CREATE TABLE published_entries (
    feed TEXT NOT NULL,
    position INTEGER NOT NULL,
    entry_id TEXT NOT NULL,
    PRIMARY KEY (feed, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "published_entries" VALUES('all',0,'tag:example.org,2026:old');
CREATE TABLE published_files (
    name TEXT PRIMARY KEY,
    inputs TEXT NOT NULL,
    mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    inode INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "published_files" VALUES('all.atom','x',1767000000000000002,4000,79);
CREATE TABLE receivers (
    name TEXT PRIMARY KEY,
    tries INTEGER NOT NULL DEFAULT 0,
    again_at TEXT,
    busy_until TEXT,
    digest_at TEXT NOT NULL,
    begins_after INTEGER NOT NULL,
    told_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "receivers" VALUES('operator command',1,'2026-01-20T08:01:00Z',NULL,'2026-01-20T08:00:00Z',0,0);
CREATE TABLE "rolled_up" (
    target_id INTEGER PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
    looks INTEGER NOT NULL,
    first_at TEXT NOT NULL,
    status BLOB NOT NULL
) STRICT;
INSERT INTO "rolled_up" VALUES(1,3,'2025-09-01T06:00:00Z',X'C3700661DB4C750D0DC0A698C14D0100');
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    who TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    online INTEGER,
    summary TEXT
, frozen INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "runs" VALUES(1,'feedbot run --once','2026-01-05T06:00:00Z','2026-01-05T06:00:09Z',1,'{"alive":1,"missing":1}',0);
INSERT INTO "runs" VALUES(2,'feedbot run','2026-01-06T06:00:00Z',NULL,NULL,NULL,1);
CREATE TABLE siblings (
    folder TEXT PRIMARY KEY,
    asked_at TEXT NOT NULL,
    sibling TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "siblings" VALUES('https://old.example/','2026-01-05T06:00:03Z','{"url":"https://old.example/feedbot-1","asked_at":"2026-01-05T06:00:03Z","final_url":"https://old.example/feedbot-1","status":404}');
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
INSERT INTO "snapshots" VALUES(1,'2026-01-05T06:00:09Z','2026-02-05T06:00:09Z','kept',0,'https://archive.example/1','2025-01-01T00:00:00Z',NULL);
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
, by_request INTEGER NOT NULL DEFAULT 0, titled INTEGER NOT NULL DEFAULT 0, length INTEGER, moved_looks INTEGER NOT NULL DEFAULT 0, moved_first_at TEXT, page BLOB) STRICT;
INSERT INTO "targets" VALUES(1,'https://old.example/page','old.example','alive','2026-01-05T06:00:01Z','alive','200 on GET','2026-01-05T06:00:01Z',0,NULL,NULL,NULL,NULL,'2026-01-05T06:00:01Z',NULL,NULL,0,0,'2027-01-05T06:00:01Z',NULL,'"x"',NULL,0,1,5120,2,'2026-01-05T06:00:01Z',X'C3660336539D13D30EAF54823BD4D0A81600');
INSERT INTO "targets" VALUES(2,'https://gone.example/','gone.example','failing','2026-01-05T06:00:02Z','missing','404 on GET: not found','2026-01-05T06:00:02Z',1,'2026-01-05T06:00:02Z','2026-01-05T06:00:02Z',3,518400.0,NULL,NULL,NULL,0,0,'2027-01-08T06:00:01Z',NULL,NULL,NULL,0,0,NULL,0,NULL,NULL);
CREATE TABLE told_alarms (
    receiver TEXT NOT NULL REFERENCES receivers (name) ON DELETE CASCADE,
    key TEXT NOT NULL,
    title TEXT NOT NULL,
    sentence TEXT NOT NULL,
    since_at TEXT NOT NULL,
    PRIMARY KEY (receiver, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "told_alarms" VALUES('operator command','flood','old articles in bulk are held back','they wait','2026-01-19T08:00:00Z');
CREATE TABLE told_links (
    target_id INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    receiver TEXT NOT NULL REFERENCES receivers (name) ON DELETE CASCADE,
    is_dead INTEGER NOT NULL,
    PRIMARY KEY (target_id, receiver)
) STRICT, WITHOUT ROWID;
INSERT INTO "told_links" VALUES(1,'operator command',1);
CREATE TABLE topics (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    slug TEXT UNIQUE
) STRICT, WITHOUT ROWID;
INSERT INTO "topics" VALUES('ai','AI','ai');
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
INSERT INTO "transitions" VALUES(1,2,'died','2026-01-05T06:00:02Z','failing','dead','missing','404 on GET: not found',NULL);
CREATE TABLE waiting (
    entry_id TEXT PRIMARY KEY,
    since_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "waiting" VALUES('tag:example.org,2026:waits','2026-01-05T06:00:09Z');
CREATE TABLE withdrawn (
    feed TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (feed, entry_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "withdrawn" VALUES('all','tag:example.org,2026:gone','2026-01-20T08:00:00Z');
CREATE TABLE written_reports (
    path TEXT PRIMARY KEY,
    inputs TEXT NOT NULL,
    mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    inode INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "written_reports" VALUES('reports/links.html','x',1767000000000000003,9000,80);
CREATE INDEX files_source ON files (source);
CREATE INDEX files_entry ON files (entry_id);
CREATE INDEX files_unidentified ON files (path) WHERE identified = 0 OR entry_id IS NULL;
CREATE INDEX identities_source ON identities (source);
CREATE INDEX identities_path ON identities (path);
CREATE INDEX members_file ON members (file_id);
CREATE INDEX targets_due ON targets (next_check_at);
CREATE INDEX targets_host ON targets (host, verdict);
CREATE INDEX targets_unlinkable ON targets (id) WHERE status IN ('dead', 'refused');
CREATE INDEX links_target ON "article_links" (target_id);
CREATE INDEX published_entries_entry ON published_entries (entry_id);
CREATE INDEX targets_failing ON targets (host, first_strike_at) WHERE status = 'failing';
CREATE INDEX targets_moved ON targets (id) WHERE status = 'moved';
CREATE UNIQUE INDEX transitions_once_a_day ON transitions (target_id, kind, substr(at, 1, 10));
CREATE INDEX transitions_at ON transitions (at, id);
CREATE INDEX snapshots_held ON snapshots (held_until) WHERE held_until IS NOT NULL;
CREATE INDEX withdrawn_at ON withdrawn (at);
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
CREATE INDEX observations_target ON observations (target_id);
CREATE INDEX observations_run ON observations (run_id);
CREATE TRIGGER observations_are_append_only BEFORE UPDATE OF id, run_id, target_id, started_at, elapsed_ms, http_status,
    failure, failure_text, final_url, verdict, reason, rules ON observations
BEGIN
    SELECT RAISE(ABORT, 'observations are append-only');
END;
CREATE VIEW link_history AS
SELECT targets.url AS url, targets.host AS host, observations.started_at AS checked, observations.verdict AS verdict,
    observations.reason AS reason, observations.http_status AS http_status, observations.failure AS failure,
    coalesce(observations.final_url, targets.url) AS final_url, observations.elapsed_ms AS elapsed_ms
FROM observations JOIN targets ON targets.id = observations.target_id;
