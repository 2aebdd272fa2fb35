"""The bytes of an article file -> Article | Rejected, with remarks. Pure: no clock, no file, no network."""

from datetime import datetime

from feedbot.articles.address import dated_name, has_template_marks, page_url
from feedbot.articles.body import Body, BodyTooLarge, render_body
from feedbot.articles.dates import parse_date, parse_local
from feedbot.articles.fields import Fields, kind_of
from feedbot.articles.frontmatter import Node, Parts, Unusable, parse_front_matter, split_front_matter
from feedbot.articles.generators import Source
from feedbot.articles.notes import Notes, quoted
from feedbot.articles.rules import ReadRules
from feedbot.core.article import Article, LinkRole, Rejected, Related, Remark
from feedbot.core.url import InvalidUrl, host_of


def understand(path: str, raw: bytes, rules: ReadRules) -> tuple[Article | Rejected, tuple[Remark, ...]]:
    """What an article file says, and what is odd about it; any bytes give one or the other.

    `path` is relative to the config file, with forward slashes; a name such as `2020-01-24-slug.md`
    gives the date where the front matter does not. Needed are a title (or a heading in the body),
    a date and a source (or an ordinary blog's own page, see `address.page_url`). Of a field named
    `secured` nothing is kept, not even in a message. Rejected are files beyond the bounds of
    `frontmatter`, and at most 101 remarks are made.
    """
    notes = Notes(path)
    try:
        article = _read(path, raw, rules, notes)
    except Unusable as error:
        return Rejected(path, error.line, error.reason), notes.remarks
    return article, notes.remarks


def _read(path: str, raw: bytes, rules: ReadRules, notes: Notes) -> Article:
    parts = split_front_matter(raw)
    front = parse_front_matter(parts.front)
    for oddity in (*parts.oddities, *front.oddities):
        notes.remark(oddity.line, oddity.text)
    fields = Fields(front.fields, rules, notes)

    published_at = _publication_date(path, fields, rules)
    source_url = fields.url("source_url", LinkRole.SOURCE, required=True)
    if source_url is None:
        source_url = _own_page(path, fields, published_at, rules, notes, LinkRole.SOURCE)
        if rules.own_pages:
            notes.link(LinkRole.PAGE, source_url, notes.links[0].line)
    elif rules.own_pages:
        _link_own_page(path, fields, published_at, rules, notes)
    if not source_url.startswith(("http://", "https://")):
        line = notes.links[0].line
        notes.remark(line, f"{fields.name_of('source_url')}: is not http or https, so no feed carries this article")
    amp_url = fields.url("amp_url", LinkRole.AMP)
    cdn_amp_url = fields.url("cdn_amp_url", LinkRole.CDN_AMP)
    images = fields.images(LinkRole.IMAGE)
    provider = fields.provider()
    related = _related(fields, rules, notes)
    body = _body(parts, rules, notes)
    notes.ignore(fields.ignored())
    title = fields.line_of_text("title", required=True) or body.heading
    if not title:
        raise Unusable(0, f"{fields.name_of('title')}: is missing, and the body has no heading")
    return Article(
        path=path,
        title=title,
        source_url=source_url,
        published_at=published_at,
        updated_at=fields.date("updated_at"),
        own_id=fields.own_id(),
        amp_url=amp_url,
        cdn_amp_url=cdn_amp_url,
        excerpt=fields.line_of_text("excerpt"),
        body_html=body.html,
        kind=fields.line_of_text("kind") or "article",
        category=next(iter(fields.names("category")), ""),
        quality=fields.number("quality"),
        heat=fields.number("heat"),
        draft=fields.is_draft(),
        provider=provider,
        topics=fields.names("topics"),
        images=images,
        related=related,
        links=notes.links,
    )


def _publication_date(path: str, fields: Fields, rules: ReadRules) -> datetime:
    given = fields.date("published_at", required=True)
    if given is not None:
        return given
    dated = dated_name(path)
    if dated is None:
        raise Unusable(0, f"{fields.name_of('published_at')}: is missing, and the file's name has no date")
    try:
        return parse_date(dated[0], rules.zone)
    except ValueError as error:
        name = fields.name_of("published_at")
        raise Unusable(0, f"{name}: is missing, and in the file's name: {error}, not '{dated[0]}'") from None


def _link_own_page(path: str, fields: Fields, published_at: datetime, rules: ReadRules, notes: Notes) -> None:
    """Note the article's own page as a link; where it has no address, the entry leads to the source."""
    try:
        _own_page(path, fields, published_at, rules, notes, LinkRole.PAGE)
    except Unusable as error:
        notes.remark(error.line, f"{error.reason}; so its entry leads to its source (feeds.link)")


def _own_page(path: str, fields: Fields, published_at: datetime, rules: ReadRules, notes: Notes, role: LinkRole) -> str:
    """The address of the article's own page, noted as a link; raises Unusable where that is no address."""
    permalink = fields.raw_text("permalink", "an address such as /about/", required=True)
    name, text, line = permalink or (fields.name_of("source_url"), None, 0)
    if text is not None and has_template_marks(text):
        raise Unusable(line, f"{name}: holds template marks such as {{{{ }}}}, which feedbot does not fill in")
    given = fields.find("category")
    # Jekyll splits `categories: a b` at the space, and keeps `category: a b` whole.
    by_spaces = given is not None and given[0] == "categories"
    categories = fields.names("category", " " if by_spaces else ",") if text is None else ()
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
        raise Unusable(line, f"{name}: {error}{f', not {quoted(text)}' if text is not None else ''}") from None
    if not notes.link(role, url, line or 1):
        raise Unusable(line, f"{name}: expected a URL of at most 8,192 characters when encoded")
    return url


def _day_in_address(fields: Fields, published_at: datetime, rules: ReadRules) -> datetime:
    """The day that an address may hold: in the zone of the site, and for Hugo in the one that the date itself names."""
    given = fields.raw_text("published_at") if rules.generator == "hugo" else None
    return published_at.astimezone(rules.zone) if given is None else parse_local(given[1], rules.zone)


def _related(fields: Fields, rules: ReadRules, notes: Notes) -> tuple[Related, ...]:
    found = fields.find("related")
    if found is None:
        return ()
    name, node = found
    if isinstance(node.value, str):
        notes.remark(node.line, f"{name}: expected a list of articles, not {kind_of(node.value)}; left out")
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
        notes.remark(node.line, f"{name}: expected a mapping with title and URL, not {kind_of(node.value)}; left out")
        return None
    fields = Fields(node.value, rules, notes, f"{name}.")
    if fields.is_draft():
        notes.remark(node.line, f"{name}: is a draft; left out")
        return None
    source_url = fields.url("source_url", LinkRole.RELATED_SOURCE)
    amp_url = fields.url("amp_url", LinkRole.RELATED_AMP)
    cdn_amp_url = fields.url("cdn_amp_url", LinkRole.RELATED_CDN_AMP)
    # Without a title, a reader is told at least where the link leads.
    title = fields.line_of_text("title") or host_of(source_url or amp_url or cdn_amp_url or "").removeprefix("www.")
    if not title:
        notes.remark(node.line, f"{name}: has neither a title nor a URL; left out")
        return None
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
        notes.remark(parts.body_line, str(error))
        return Body()
    above = parts.body_line - 1
    for line, why in body.skipped:
        notes.remark(above + line, why)
    if rules.body_links:
        for url, line in body.links:
            notes.link(LinkRole.BODY, url, above + line)
    return body
