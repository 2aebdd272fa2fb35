"""The bytes of an article file -> Article | Rejected, with remarks. Pure: no clock, no file, no network."""

from dataclasses import dataclass
from datetime import datetime

from feedbot.articles.address import dated_name, has_template_marks, page_url
from feedbot.articles.body import Body, BodyTooLarge, render_body
from feedbot.articles.dates import parse_date, parse_local
from feedbot.articles.fields import TEMPLATE_MARKS, TOO_LONG, Fields, kind_of
from feedbot.articles.frontmatter import (
    WHOLE_FILE,
    Node,
    Parts,
    Position,
    Unusable,
    parse_front_matter,
    split_front_matter,
)
from feedbot.articles.generators import Source
from feedbot.articles.notes import Notes, quoted
from feedbot.articles.rules import ReadRules
from feedbot.core.article import Article, LinkRole, Rejected, Related, Remark
from feedbot.core.problems import Code
from feedbot.core.url import InvalidUrl, host_of


@dataclass(frozen=True, slots=True)
class Inspected:
    """What an article file says, or every reason why it cannot be used, the first of which is its outcome.

    `source_at` and `id_at` tell where its source and its id are, each as the whole file where it has none.
    """

    outcome: Article | Rejected
    faults: tuple[Rejected, ...]
    remarks: tuple[Remark, ...]
    source_at: Position = WHOLE_FILE
    id_at: Position = WHOLE_FILE


def understand(path: str, raw: bytes, rules: ReadRules) -> tuple[Article | Rejected, tuple[Remark, ...]]:
    """What an article file says, and what is odd about it; any bytes give one or the other.

    `path` is relative to the config file, with forward slashes; a name such as `2020-01-24-slug.md`
    gives the date where the front matter does not. Needed are a title (or a heading in the body),
    a date and a source (or an ordinary blog's own page, see `address.page_url`). Of a field named
    `secured` nothing is kept, not even in a message. Rejected are files beyond the bounds of
    `frontmatter`, and at most 101 remarks are made, unless the rules want every one.
    """
    inspected = inspect(path, raw, rules)
    return inspected.outcome, inspected.remarks


def inspect(path: str, raw: bytes, rules: ReadRules) -> Inspected:
    """The same as `understand`, with all that is wrong."""
    notes = Notes(path, keeps_every=rules.every_remark)
    faults: list[Unusable] = []
    article, source_at, id_at = None, WHOLE_FILE, WHOLE_FILE
    try:
        parts = split_front_matter(raw)
        front = parse_front_matter(parts.front)
    except Unusable as error:
        faults.append(error)
    else:
        for oddity in (*parts.oddities, *front.oddities):
            notes.remark(oddity, oddity.code, oddity.text, oddity.field)
        fields = Fields(front.fields, rules, notes)
        source_at, id_at = fields.place_of("source_url"), fields.place_of("id")
        article = _read(path, parts, fields, rules, notes, faults)
    rejected = tuple(
        Rejected(path, fault.line, fault.reason, fault.column, fault.code.value, fault.field) for fault in faults
    )
    if article is None:
        return Inspected(rejected[0], rejected, notes.remarks, source_at, id_at)
    return Inspected(article, (), notes.remarks, source_at, id_at)


def _read(
    path: str, parts: Parts, fields: Fields, rules: ReadRules, notes: Notes, faults: list[Unusable]
) -> Article | None:
    """The article; None where `faults` got a reason why there is none, and then the rest is read all the same."""
    published_at = _publication_date(path, fields, rules, faults)
    source_url = _source(path, fields, published_at, rules, notes, faults)
    amp_url = fields.url("amp_url", LinkRole.AMP)
    cdn_amp_url = fields.url("cdn_amp_url", LinkRole.CDN_AMP)
    images = fields.images(LinkRole.IMAGE)
    provider = fields.provider()
    related = _related(fields, rules, notes)
    body = _body(parts, rules, notes)
    notes.ignore(fields.ignored())
    title = _title(fields, body, faults)
    updated_at = fields.date("updated_at")
    own_id = fields.own_id()
    excerpt = fields.line_of_text("excerpt")
    kind = fields.line_of_text("kind") or "article"
    category = next(iter(fields.names("category")), "")
    quality = fields.number("quality")
    heat = fields.number("heat")
    draft = fields.is_draft()
    topics = fields.names("topics")
    if published_at is None or source_url is None or title is None:
        return None
    return Article(
        path=path,
        title=title,
        source_url=source_url,
        published_at=published_at,
        updated_at=updated_at,
        own_id=own_id,
        amp_url=amp_url,
        cdn_amp_url=cdn_amp_url,
        excerpt=excerpt,
        body_html=body.html,
        kind=kind,
        category=category,
        quality=quality,
        heat=heat,
        draft=draft,
        provider=provider,
        topics=topics,
        images=images,
        related=related,
        links=notes.links,
    )


def _source(
    path: str, fields: Fields, published_at: datetime | None, rules: ReadRules, notes: Notes, faults: list[Unusable]
) -> str | None:
    """Where the article can be read, noted as a link; None where `faults` got a reason, here or with the date."""
    name, where = fields.name_of("source_url"), fields.place_of("source_url")
    try:
        source_url = fields.url("source_url", LinkRole.SOURCE, required=True)
        if source_url is None:
            if published_at is None:  # which may be a part of the address
                return None
            source_url = _own_page(path, fields, published_at, rules, notes, LinkRole.SOURCE)
            where = Position(notes.links[0].line)
            if rules.own_pages:
                notes.link(LinkRole.PAGE, source_url, where.line)
        elif rules.own_pages and published_at is not None:
            _link_own_page(path, fields, published_at, rules, notes)
    except Unusable as error:
        faults.append(error)
        return None
    if not source_url.startswith(("http://", "https://")):
        notes.remark(where, Code.SOURCE_NOT_HTTP, "is not http or https, so no feed carries this article", name)
    return source_url


def _title(fields: Fields, body: Body, faults: list[Unusable]) -> str | None:
    try:
        title = fields.line_of_text("title", required=True) or body.heading
    except Unusable as error:
        faults.append(error)
        return None
    if not title:
        words = "is missing, and the body has no heading"
        faults.append(Unusable(WHOLE_FILE, Code.TITLE_MISSING, words, fields.name_of("title")))
    return title or None


def _publication_date(path: str, fields: Fields, rules: ReadRules, faults: list[Unusable]) -> datetime | None:
    name = fields.name_of("published_at")
    try:
        given = fields.date("published_at", required=True)
    except Unusable as error:
        faults.append(error)
        return None
    if given is not None:
        return given
    dated = dated_name(path)
    if dated is None:
        words = "is missing, and the file's name has no date"
        faults.append(Unusable(WHOLE_FILE, Code.DATE_MISSING, words, name))
        return None
    try:
        return parse_date(dated[0], rules.zone)
    except ValueError as error:
        words = f"is missing, and in the file's name: {error}, not '{dated[0]}'"
        faults.append(Unusable(WHOLE_FILE, Code.DATE_INVALID, words, name))
        return None


def _link_own_page(path: str, fields: Fields, published_at: datetime, rules: ReadRules, notes: Notes) -> None:
    """Note the article's own page as a link; where it has no address, the entry leads to the source."""
    try:
        _own_page(path, fields, published_at, rules, notes, LinkRole.PAGE)
    except Unusable as error:
        words = f"{error.text}; so its entry leads to its source (feeds.link)"
        notes.remark(error, error.code, words, error.field)


def _own_page(path: str, fields: Fields, published_at: datetime, rules: ReadRules, notes: Notes, role: LinkRole) -> str:
    """The address of the article's own page, noted as a link; raises Unusable where that is no address."""
    permalink = fields.raw_text("permalink", "an address such as /about/", required=True)
    name, text, where = permalink or (fields.name_of("source_url"), None, WHOLE_FILE)
    if text is not None and has_template_marks(text) and rules.generator != "eleventy":
        raise Unusable(where, Code.TEMPLATE_MARKS, TEMPLATE_MARKS, name)
    given = fields.find("category")
    # Jekyll splits `categories: a b` at the space, and keeps `category: a b` whole.
    by_spaces = given is not None and given[0] == "categories"
    categories = fields.names("category", " " if by_spaces else ",")
    source = Source(
        path=rules.below_content(path),
        title=fields.line_of_text("title"),
        slug=fields.own_text("slug")[0] if rules.generator is not None else "",
        categories=categories,
        day=_day_in_address(fields, published_at, rules),
    )
    try:
        url = page_url(text, source, path, rules)
    except InvalidUrl as error:
        words = f"{error}{f', not {quoted(text)}' if text is not None else ''}"
        raise Unusable(where, Code.URL_INVALID, words, name) from None
    if not notes.link(role, url, where.line or 1):
        raise Unusable(where, Code.URL_TOO_LONG, TOO_LONG, name)
    return url


def _day_in_address(fields: Fields, published_at: datetime, rules: ReadRules) -> datetime:
    """The day that an address may hold: in the zone of the site, and for Hugo in the one that its `date` names."""
    if rules.generator == "hugo":
        given = fields.own_text("date")[0]
        try:
            return parse_local(given, rules.zone)
        except ValueError:
            pass
    return published_at.astimezone(rules.zone)


def _related(fields: Fields, rules: ReadRules, notes: Notes) -> tuple[Related, ...]:
    found = fields.find("related")
    if found is None:
        return ()
    name, node = found
    if isinstance(node.value, str):
        words = f"expected a list of articles, not {kind_of(node.value)}; left out"
        notes.remark(node, Code.WRONG_TYPE, words, name)
        return ()
    listed = node.value if isinstance(node.value, list) else [node]
    items: list[Related] = []
    for number, one in enumerate(listed, 1):
        # Of an item that is left out no link is noted.
        notes.item = len(items) + 1
        item = _related_item(f"{name}[{number}]", one, rules, notes)
        if item is not None:
            items.append(item)
    notes.item = 0
    return tuple(items)


def _related_item(name: str, node: Node, rules: ReadRules, notes: Notes) -> Related | None:
    if node.value is None:
        return None
    if not isinstance(node.value, dict):
        words = f"expected a mapping with title and URL, not {kind_of(node.value)}; left out"
        notes.remark(node, Code.WRONG_TYPE, words, name)
        return None
    fields = Fields(node.value, rules, notes, f"{name}.")
    if fields.is_draft():
        notes.remark(node, Code.RELATED_DRAFT, "is a draft; left out", name)
        return None
    source_url = fields.url("source_url", LinkRole.RELATED_SOURCE)
    amp_url = fields.url("amp_url", LinkRole.RELATED_AMP)
    cdn_amp_url = fields.url("cdn_amp_url", LinkRole.RELATED_CDN_AMP)
    # Without a title, a reader is told at least where the link leads.
    title = fields.line_of_text("title") or host_of(source_url or amp_url or cdn_amp_url or "").removeprefix("www.")
    if not title:
        notes.remark(node, Code.RELATED_EMPTY, "has neither a title nor a URL; left out", name)
        return None
    if all(fields.find(field) is None for field in ("source_url", "amp_url", "cdn_amp_url")):
        # Most often it is there by another name, such as `url`.
        words = "is missing, so readers are shown nothing of it"
        notes.remark(node, Code.URL_MISSING, words, fields.name_of("source_url"))
    return Related(
        title=title,
        source_url=source_url,
        amp_url=amp_url,
        cdn_amp_url=cdn_amp_url,
        excerpt=fields.line_of_text("excerpt"),
        published_at=fields.date("published_at"),
        images=fields.images(LinkRole.RELATED_IMAGE),
        provider=fields.provider(),
    )


def _body(parts: Parts, rules: ReadRules, notes: Notes) -> Body:
    """The rendered body; its links are the article's where the rules say so."""
    try:
        body = render_body(parts.body, rules.site_url)
    except BodyTooLarge as error:
        notes.remark(Position(parts.body_line), Code.BODY_TOO_LARGE, str(error))
        return Body()
    above = parts.body_line - 1
    for one in body.skipped:
        notes.remark(Position(above + one.line, one.column), one.code, one.why)
    if rules.body_links:
        for url, line in body.links:
            notes.link(LinkRole.BODY, url, above + line)
    return body
