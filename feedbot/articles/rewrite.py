"""The bytes of an article file -> the same with links rewritten. Pure: no clock, no file, no network.

After each edit the file is read again as feedbot reads it: unless that one link changed and nothing else did, the edit
is not made, and the link is left for a person. The links of a body are first tried all at once, then in halves, because
reading a body once for each of its links takes time that is quadratic in them.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml

from feedbot.articles import rewrite_body, rewrite_front
from feedbot.articles.rewrite_front import FIELDS, with_fragment
from feedbot.articles.rules import ReadRules
from feedbot.articles.spots import parts_of
from feedbot.articles.understand import understand
from feedbot.core.amp import cache_of, why_not_cache_of
from feedbot.core.article import Article, Link, LinkRole, Rejected, Related
from feedbot.core.context import AMP_ROLES, CACHE_ROLES
from feedbot.core.patch import Edit, applied
from feedbot.core.url import InvalidUrl, canonical_url

_URL_FIELDS = frozenset({"source_url", "amp_url", "cdn_amp_url", "url"})
_Key = tuple[LinkRole, str, bool]
_ODDLY_WRITTEN = "is written in a way that is not rewritten without a change of anything else; change it yourself"


@dataclass(frozen=True, slots=True)
class Mended:
    """A link that leads elsewhere now; `address` is None where its field is taken out. `line` is that it was on."""

    role: LinkRole
    url: str
    line: int
    address: str | None


@dataclass(frozen=True, slots=True)
class Unmended:
    """A link that should be rewritten and is left as it is, and why."""

    url: str
    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What became of a file: its bytes now, by which edits of the earlier ones, and what was left."""

    raw: bytes
    edits: tuple[Edit, ...] = ()
    mended: tuple[Mended, ...] = ()
    left: tuple[Unmended, ...] = ()


def rewrite(
    path: str,
    raw: bytes,
    rules: ReadRules,
    addresses: Mapping[str, str],
    withdrawn: Collection[str] = (),
    taken: Mapping[str, str] | None = None,
) -> Rewriting | Rejected:
    """Give links their new addresses, and take out those of AMP pages that were withdrawn, with their cache's copies.

    `addresses` are absolute URLs by canonical URL, none of which is also one to be replaced; `withdrawn` are
    canonical URLs. Links that the article asks to leave alone are left. `taken` are the articles that have a
    canonical URL as their source, by it: no second article gets the same source, for it would lose its entry.
    Raises nothing for whatever bytes.
    """
    article, _ = understand(path, raw, rules)
    if isinstance(article, Rejected):
        return article
    work = _Work(path, raw, rules, article)
    copies: set[tuple[LinkRole, str]] = set()  # of AMP pages that were taken out
    refused: dict[tuple[LinkRole, str], Unmended] = {}
    work.do_body(addresses)
    while (link := _next(work.article, addresses, withdrawn, copies, refused)) is not None:
        key = link.role, link.url
        address = addresses.get(link.url)
        if key in copies or (link.role in AMP_ROLES and link.url in withdrawn):
            address = None
        why = _why_not(work.article, link, addresses, address, taken or {})
        if not why:
            copy = _copy_of(work.article, link) if address is None else None
            if work.do(link, address):
                copies |= set() if copy is None else {copy}
                continue
            why = _ODDLY_WRITTEN
        refused[key] = Unmended(link.url, link.line, why)
    return Rewriting(work.raw, tuple(work.edits), tuple(work.mended), tuple(refused.values()))


def _next(
    article: Article,
    addresses: Mapping[str, str],
    withdrawn: Collection[str],
    copies: Collection[tuple[LinkRole, str]],
    refused: Collection[tuple[LinkRole, str]],
) -> Link | None:
    """The next link that is to be rewritten or taken out."""
    for link in article.links:
        key = link.role, link.url
        if link.is_ignored or link.role is LinkRole.PAGE or key in refused:
            continue
        if link.url in addresses or key in copies or (link.role in AMP_ROLES and link.url in withdrawn):
            return link
    return None


def _why_not(
    article: Article, link: Link, addresses: Mapping[str, str], address: str | None, taken: Mapping[str, str]
) -> str:
    """Why a link had better be left as it is; empty where nothing speaks against."""
    item = _item_of(article, link)
    if address is None:
        return "" if item.source_url is not None else "is all that is left of a related article without sourceUrl"
    target = canonical_url(address)
    if link.role is LinkRole.SOURCE and taken.get(target, article.path) != article.path:
        return f"has moved to {address}, which is the source of {taken[target]} already: one of the two is a duplicate"
    if link.role in AMP_ROLES and item.source_url is not None:
        source = canonical_url(item.source_url)
        if target in {source, canonical_url(addresses.get(source, source))}:
            return f"leads to its article, {address}; it is taken out once its AMP page is known to be withdrawn"
    if link.role in CACHE_ROLES and cache_of(target) is None:
        return f"leads away from the cache, to {address}"
    return ""


def _item_of(article: Article, link: Link) -> Article | Related:
    """Whose link it is: the article's, or a related article's."""
    return article.related[link.item - 1] if link.item else article


def _copy_of(article: Article, link: Link) -> tuple[LinkRole, str] | None:
    """The link to the copy of an AMP page in a cache beside it, by its address that of this page."""
    item = _item_of(article, link)
    if link.role not in AMP_ROLES or item.cdn_amp_url is None:
        return None
    copy = canonical_url(item.cdn_amp_url)
    if why_not_cache_of(copy, link.url) is not None:
        return None
    return (LinkRole.CDN_AMP if link.role is LinkRole.AMP else LinkRole.RELATED_CDN_AMP), copy


class _Work:
    """A file as it becomes, edit by edit; `edits` are those of the file as it was, in order."""

    def __init__(self, path: str, raw: bytes, rules: ReadRules, article: Article) -> None:
        self._path = path
        self._rules = rules
        self._before = raw
        self.raw = raw
        self.article = article
        self.edits: list[Edit] = []
        self.mended: list[Mended] = []

    def do(self, link: Link, address: str | None) -> bool:
        """Rewrite a link, or take it out; False where that cannot be done without a change of anything else."""
        for edit in self._proposals(link, address):
            raw = applied(self.raw, [edit])
            article, _ = understand(self._path, raw, self._rules)
            if isinstance(article, Article) and _is_only_link_changed(self.article, article, link, address):
                self.mended.append(Mended(link.role, link.url, self._note(edit), address))
                self.raw, self.article = raw, article
                return True
        return False

    def do_body(self, addresses: Mapping[str, str]) -> None:
        """Rewrite what links of the body can be, each as it is likely to be written; the others are left to `do`."""
        links = {link.url for link in self.article.links if link.role is LinkRole.BODY and not link.is_ignored}
        wanted = {url: addresses[url] for url in links if url in addresses}
        if not wanted:
            return
        places = rewrite_body.places(parts_of(self.raw)[1], wanted, self._rules)
        # Of a URL that is defined once and written elsewhere too it could not be told which of both readers get.
        several = Counter(place.url for place in places)
        clear = [place for place in places if not place.is_definition or several[place.url] == 1]
        number = len(self.mended)
        self._do_places(clear, wanted)
        self.mended[number:] = sorted(self.mended[number:], key=lambda one: one.line)

    def _do_places(self, places: Sequence[rewrite_body.Place], addresses: Mapping[str, str]) -> None:
        """Rewrite links at places of the body, in order, all or else as many as can be of each half."""
        if not places:
            return
        raw = applied(self.raw, [place.edits[0] for place in places])
        article, _ = understand(self._path, raw, self._rules)
        urls = Counter(place.url for place in places)
        if isinstance(article, Article) and _are_only_links_changed(self.article, article, urls, addresses):
            for place in reversed(places):
                address = addresses[place.url]
                self.mended.append(Mended(LinkRole.BODY, place.url, self._note(place.edits[0]), address))
            self.raw, self.article = raw, article
        elif len(places) > 1:
            # From the end, for an edit moves what comes after it.
            middle = len(places) // 2
            self._do_places(places[middle:], addresses)
            self._do_places(places[:middle], addresses)

    def _proposals(self, link: Link, address: str | None) -> Iterator[Edit]:
        front, body = parts_of(self.raw)
        part = body if link.role is LinkRole.BODY else front
        try:
            if address is None:
                yield from rewrite_front.removed(part, link, self._rules)
            elif link.role in FIELDS:
                yield from rewrite_front.rewritten(part, link, address, self._rules)
            else:
                yield from rewrite_body.rewritten(part, link, address, self._rules)
        except (yaml.YAMLError, ValueError):
            # Reading leaves out what may be ciphertext, and with it the file may be no YAML.
            return

    def _note(self, edit: Edit) -> int:
        """Keep an edit of the file as it has become; returns the line where it begins in the file as it was."""
        earlier, later = [], []
        grown = inside = 0
        for one in self.edits:
            growth = len(one.new) - (one.end - one.start)
            start = one.start + grown + inside
            if start + len(one.new) <= edit.start:
                earlier.append(one)
                grown += growth
            elif start >= edit.end:
                later.append(one)
            else:
                inside += growth  # it goes with the text around it
        begin = edit.start - grown
        self.edits = [*earlier, Edit(begin, edit.end - grown - inside, edit.new), *later]
        return self._before.replace(b"\r\n", b" \n").replace(b"\r", b"\n").count(b"\n", 0, begin) + 1


def _is_only_link_changed(before: Article, after: Article, link: Link, address: str | None) -> bool:
    """True where the one article says what the other does, but for a link that leads to its new address, or is gone."""
    if link.role is LinkRole.BODY:
        return address is not None and _are_only_links_changed(before, after, {link.url: 1}, {link.url: address})
    new = set() if address is None else {(link.role, canonical_url(address), False)}
    if not _has_links(before, after, {(link.role, link.url, False)}, new):
        return False
    for name, old, now in _differences(_said(before), _said(after)):
        if name not in _URL_FIELDS or not isinstance(old, str) or _target(old) != link.url:
            return False
        if now != (None if address is None else with_fragment(address, old)):
            return False
    return True


def _are_only_links_changed(
    before: Article, after: Article, places: Mapping[str, int], addresses: Mapping[str, str]
) -> bool:
    """True where the one article says what the other does, but for links in its body that lead to new addresses.

    Of each canonical URL at least as many as `places` says.
    """
    old = {(LinkRole.BODY, url, False) for url in places}
    new = {(LinkRole.BODY, canonical_url(addresses[url]), False) for url in places}
    if not _has_links(before, after, old, new):
        return False
    if msgspec.structs.replace(after, links=before.links, body_html=before.body_html) != before:
        return False
    changed = rewrite_body.changed_links(before.body_html, after.body_html, {url: addresses[url] for url in places})
    return changed is not None and all(changed[url] >= number for url, number in places.items())


def _has_links(before: Article, after: Article, old: Set[_Key], new: Set[_Key]) -> bool:
    """True where an article has the links that it had, with the new ones, and lacks none but old ones."""
    links = {(one.role, one.url, one.is_ignored) for one in before.links}
    new_links = {(one.role, one.url, one.is_ignored) for one in after.links}
    return new <= new_links <= links | new and links - new_links <= old


def _said(article: Article) -> Any:
    return msgspec.to_builtins(msgspec.structs.replace(article, links=()))


def _differences(before: Any, after: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each value that is not the same, with the name of its field."""
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        for key, value in before.items():
            yield from _differences(value, after[key], key)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple) and len(before) == len(after):
        for value, other in zip(before, after, strict=True):
            yield from _differences(value, other, name)
    elif before != after:
        yield name, before, after


def _target(url: str) -> str | None:
    try:
        return canonical_url(url)
    except InvalidUrl:
        return None
