"""The ids that readers know entries by: minted once, stored, never recomputed.

A changed id makes every item unread again in every reader; a changed link, title or date does not.
So an id outlives an edit of its article's source address and a move of its file.
"""

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from urllib.parse import quote

from feedbot.core.article import Article
from feedbot.core.url import canonical_url

# The version of content_digest's rule. A digest of another version is replaced, and says nothing of a change.
DIGEST_VERSION = "1"

_TAG = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_OWN_TAG = re.compile(r"\Atag:[^:]*:id:")
# RFC 3986, 3.1, and nothing that white space or XML would break.
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


@dataclass(frozen=True, slots=True)
class Identity:
    """What is remembered of an article for its readers' sake; times are UTC, in whole seconds.

    `path` is the article file, or empty where another identity has taken the path over; `source`
    its canonical source URL; `own_id` tells that the article file named the id itself; `public`
    that readers have seen the article.
    """

    id: str
    path: str
    source: str
    published_at: datetime
    updated_at: datetime
    digest: str
    own_id: bool = False
    public: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """What of an article its identity depends on; `source` is its canonical source URL."""

    path: str
    source: str
    own_id: str | None
    digest: str
    published_at: datetime
    updated_at: datetime | None
    draft: bool = False
    entry_id: str | None = None
    """The id that its file has had so far, where it has one."""

    @classmethod
    def of(cls, article: Article) -> "Candidate":
        """The candidate that an article is. Raises InvalidUrl where its source is no URL."""
        return cls(
            path=article.path,
            source=canonical_url(article.source_url),
            own_id=article.own_id,
            digest=content_digest(article),
            published_at=article.published_at,
            updated_at=article.updated_at,
            draft=article.draft,
        )


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An article file without an entry: `first_path` has its source, or the id that it asks for."""

    path: str
    first_path: str
    source: str


@dataclass(frozen=True, slots=True)
class Identified:
    """Who is who: identities by article path; which of them are new or changed, to be stored by id.

    `retired` are ids that no article has any more because its file now names another one. `renamed` are, by path, the
    ids by which readers knew articles that have another one now.
    """

    identities: dict[str, Identity]
    changed: tuple[Identity, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    retired: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def applied_to(self, ledger: Iterable[Identity]) -> tuple[Identity, ...]:
        """The whole ledger after these changes, by id."""
        by_id = {identity.id: identity for identity in ledger}
        by_id.update({identity.id: identity for identity in self.changed})
        return tuple(by_id[key] for key in sorted(by_id.keys() - set(self.retired)))


def mint_id(source: str, authority: str, year: int) -> str:
    """The id of a new article by its source URL: a tag: URI (RFC 4151).

    Raises InvalidUrl where the source is no URL.
    """
    return _tag(authority, year, "article", _hex16(canonical_url(source)))


def feed_id(slug: str, authority: str, year: int) -> str:
    """The id of a topic's feed, the same in every format."""
    return _tag(authority, year, "topic", slug)


def link_feed_id(authority: str, year: int) -> str:
    """The id of the operator's feed of what became of links."""
    return f"tag:{authority},{year}:links"


def content_digest(article: Article) -> str:
    """A fingerprint of the words that an editor wrote: its change is a change worth telling readers.

    URLs are no part of it, in the body neither: a link mended by `fix` must not post the entry
    anew, as bots re-post what moves. Nor are tags, topics, quality, heat and dates. `1:` is the
    version of this rule.
    """
    words = [
        [_words(article.title)],
        [_words(article.excerpt)],
        [_words(html.unescape(_TAG.sub(" ", article.body_html)))],
        [_words(article.provider.name)],
        [title for image in article.images if (title := _words(image.title))],
        [text for related in article.related for text in (_words(related.title), _words(related.excerpt))],
    ]
    return f"{DIGEST_VERSION}:{_hex16(json.dumps(words))}"


def identify(
    articles: Iterable[Article | Candidate],
    ledger: Iterable[Identity],
    now: datetime,
    authority: str,
    year: int,
    *,
    present: Mapping[str, str] | None = None,
) -> Identified:
    """Give each article its identity: by its own id, else its source, else its path, else a new one.

    `articles` are those read now: changed ones, and every one that has no identity yet. `ledger` is
    all identities known, or those of them that have one of the articles' paths, their sources or the
    ids that they could get (`own_id_uri`, `mintable_ids`): no other plays a part. `present` maps the
    path of every article file that exists, or of every one in the ledger that does, to its
    canonical source; None means that `articles` are all there are.

    Of two files with one source, the one in the ledger has the entry, else the first by path that is
    no draft; the same holds for an id that two files name. The order of the arguments does not matter.
    """
    candidates = [Candidate.of(article) if isinstance(article, Article) else article for article in articles]
    by_path = {candidate.path: candidate for candidate in sorted(candidates, key=lambda one: (one.draft, one.path))}
    sources = {path: candidate.source for path, candidate in by_path.items()}
    entries = tuple(ledger)
    given = {candidate.entry_id for candidate in candidates if candidate.entry_id is not None}

    first_paths: dict[str, str] = {}  # of the files that have no entry
    while True:
        there = {path: source for path, source in {**(present or {}), **sources}.items() if path not in first_paths}
        known = _Known.of(entries, there, given)
        read = {path: source for path, source in sources.items() if path in there}
        first_of_source = _first_paths(read, known)
        kept = [path for path, source in read.items() if first_of_source[source] == path]
        claims = _claims(kept, sources, known)
        own_ids = {
            path: uri for path in kept if (uri := _own_id(by_path[path].own_id, claims.get(path), authority, year))
        }
        refused = {
            path: first for path, first in _first_paths_of_own_ids(own_ids, claims, known).items() if path != first
        }
        if not refused:
            break
        # A file whose id another one has leaves its source to the next file: the question is asked anew.
        first_paths |= refused
    first_paths |= {path: first for path, source in read.items() if (first := first_of_source[source]) != path}

    taken = known.by_id.keys() | set(own_ids.values())
    named = set(own_ids.values())
    identities = {}
    for path in kept:
        old = claims.get(path)
        if path in own_ids:
            new_id, is_own = own_ids[path], True
            old = old or known.by_id.get(new_id)
        elif old is not None and old.id not in named:
            new_id, is_own = old.id, old.own_id
        else:
            new_id, is_own = _mint_unused(sources[path], authority, year, taken), False
            taken.add(new_id)
        published_at, updated_at = _dates(by_path[path], old, now)
        candidate = by_path[path]
        public = old is not None and old.public  # a new one is when it is published
        identities[path] = Identity(
            new_id, path, sources[path], published_at, updated_at, candidate.digest, is_own, public
        )

    used = {identity.id for identity in identities.values()}
    retired = {claims[path].id for path in kept if path in claims} - used
    displaced = [
        replace(entry, path="")
        for entry in known.by_id.values()
        if entry.path in identities and entry.id not in used and entry.id not in retired
    ]
    changed = [identity for identity in identities.values() if known.by_id.get(identity.id) != identity]
    return Identified(
        identities=identities,
        changed=tuple(changed + displaced),
        duplicates=tuple(Duplicate(path, first, sources[path]) for path, first in sorted(first_paths.items())),
        retired=tuple(sorted(retired)),
        renamed={
            path: claims[path].id
            for path, identity in identities.items()
            if path in claims and claims[path].public and claims[path].id != identity.id
        },
    )


def _own_id(own_id: str | None, old: Identity | None, authority: str, year: int) -> str | None:
    """The id that an article file names; one that is no URI keeps the tag: URI that it was given once."""
    uri = own_id_uri(own_id, authority, year)
    if uri is None or uri == own_id or old is None:
        return uri
    # Its authority may have been another one: the site has a new host since.
    return old.id if _OWN_TAG.sub("", old.id) == _OWN_TAG.sub("", uri) else uri


def own_id_uri(own_id: str | None, authority: str, year: int) -> str | None:
    """The id that an article file names: as it is where it is an absolute URI, else inside a tag: URI."""
    text = (own_id or "").strip()
    if not text:
        return None
    if is_absolute_uri(text):
        return text
    return _tag(authority, year, "id", quote(text, safe="", errors="surrogatepass"))


def is_absolute_uri(text: str) -> bool:
    """True for what may be an id as it is: a URI with a scheme (RFC 3986, 4.3; a fragment may follow)."""
    return _ABSOLUTE_URI.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class _Known:
    """The ledger from three sides, and the source of every file that exists."""

    by_id: dict[str, Identity]
    by_source: dict[str, Identity]
    by_path: dict[str, Identity]
    present: Mapping[str, str]

    @classmethod
    def of(cls, ledger: Iterable[Identity], present: Mapping[str, str], given: Collection[str]) -> "_Known":
        # Sorted, and those whose file is there last, so that they win over a stale one; of two such, the one that the
        # file has had so far (`given`): the other came with a ledger that somebody else wrote.
        def worth(entry: Identity) -> tuple[bool, bool, str]:
            return present.get(entry.path) == entry.source, entry.id in given, entry.id

        entries = sorted(ledger, key=worth)
        return cls(
            by_id={entry.id: entry for entry in entries},
            by_source={entry.source: entry for entry in entries},
            by_path={entry.path: entry for entry in entries if entry.path},
            present=present,
        )

    def holds(self, entry: Identity) -> bool:
        """True where the entry's file is there with the entry's source."""
        return self.present.get(entry.path) == entry.source


def _first_paths(sources: Mapping[str, str], known: _Known) -> dict[str, str]:
    """By source, the path of the file that has the entry; `sources` is in the order of its paths."""
    first: dict[str, str] = {}
    for path, source in sources.items():
        entry = known.by_source.get(source)
        first.setdefault(source, entry.path if entry is not None and known.holds(entry) else path)
    return first


def _claims(paths: list[str], sources: Mapping[str, str], known: _Known) -> dict[str, Identity]:
    """The identity that each path had so far: all sources are looked at before the first path."""
    claims = {path: known.by_source[sources[path]] for path in paths if sources[path] in known.by_source}
    claimed = {entry.id for entry in claims.values()}
    for path in paths:
        entry = known.by_path.get(path)
        if path not in claims and entry is not None and entry.id not in claimed:
            claims[path] = entry
    return claims


def _first_paths_of_own_ids(
    own_ids: Mapping[str, str], claims: Mapping[str, Identity], known: _Known
) -> dict[str, str]:
    """By path of an article that names an id, the path of the file that has that id."""
    claimants = {entry.id: path for path, entry in claims.items()}
    first: dict[str, str] = {}
    for path, uri in own_ids.items():
        entry = known.by_id.get(uri)
        claimant = claimants.get(uri)
        if entry is None:
            holder = None
        elif claimant is None:
            holder = entry.path if known.holds(entry) else None
        else:
            # A file that now names another id, or names none any more where it did, lets go of its old one.
            lets_go = own_ids[claimant] != uri if claimant in own_ids else entry.own_id
            holder = None if lets_go else claimant
        first.setdefault(uri, holder or path)
    return {path: first[uri] for path, uri in own_ids.items()}


def _dates(candidate: Candidate, old: Identity | None, now: datetime) -> tuple[datetime, datetime]:
    """When an article was published, and when an editor last changed it: never earlier."""
    published_at = candidate.published_at.replace(microsecond=0)
    if candidate.updated_at is not None:
        updated_at = candidate.updated_at
    elif old is None or not old.public or old.published_at > now:
        updated_at = published_at  # what nobody has seen yet cannot have been updated
    elif old.digest != candidate.digest and old.digest.partition(":")[0] == DIGEST_VERSION:
        updated_at = max(now, old.updated_at)
    else:
        updated_at = old.updated_at
    return published_at, max(published_at, updated_at.replace(microsecond=0))


def mintable_ids(source: str, authority: str, year: int) -> Iterator[str]:
    """The ids for a new article of this source; the later ones where an article, edited since, has those before."""
    yield _tag(authority, year, "article", _hex16(source))
    for number in count(2):
        yield _tag(authority, year, "article", _hex16(f"{source}\n{number}"))


def _mint_unused(source: str, authority: str, year: int, taken: set[str]) -> str:
    return next(one for one in mintable_ids(source, authority, year) if one not in taken)


def _tag(authority: str, year: int, kind: str, name: str) -> str:
    return f"tag:{authority},{year}:{kind}:{name}"


def _hex16(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _words(text: str) -> str:
    normal = unicodedata.normalize("NFC", text)
    if "://" in normal:
        normal = _URL.sub(" ", normal)
    return " ".join(normal.split())
