"""What Jekyll's _config.yml means for feedbot (https://jekyllrb.com/docs/configuration/)."""

from feedbot.core.sites.facts import (
    Facts,
    Kind,
    Setting,
    Site,
    as_folder,
    as_language,
    at,
    is_below,
    is_true_at,
    joined,
    text_at,
    texts_at,
)
from feedbot.core.sites.wiped import WIPED

CONFIGS = ("_config.yml", "_config.yaml", "_config.toml")


def jekyll_site(facts: Facts) -> Site:
    """The site that Jekyll makes of a folder."""
    name, config = next(((name, facts.settings[name]) for name in CONFIGS if name in facts.settings), ("", {}))
    source = as_folder(text_at(config, "source"))
    content = joined(source, as_folder(text_at(config, "collections_dir")))
    folders = _posts(facts, content, texts_at(config, "exclude"))
    pattern = _permalink(config)
    notes = []
    if text_at(config, "timezone") is None:
        notes.append("Jekyll takes the time zone of the machine that builds where _config.yml names none; this is UTC")
    if is_true_at(config, "future"):
        notes.append("future: true has no counterpart: feedbot withholds an article until its date has come")
    if is_true_at(config, "show_drafts"):
        notes.append("show_drafts: true has no counterpart: feedbot publishes no drafts")
    if is_true_at(config, "unpublished"):
        notes.append("unpublished: true has no counterpart: feedbot never publishes an article with published: false")
    if "config.yaml" not in texts_at(config, "exclude"):
        left_out = 'exclude: [config.yaml, "state.db*", reports, backups]'
        notes.append(f"Jekyll copies what lies beside its pages into the site; in {name or CONFIGS[0]} say {left_out}")
    return Site(
        kind=Kind.JEKYLL,
        folders=folders,
        title=text_at(config, "title") or text_at(config, "name"),
        url=_url(config),
        language=as_language(text_at(config, "lang") or text_at(config, "language") or text_at(config, "locale")),
        timezone=text_at(config, "timezone"),
        content=content,
        permalinks=dict.fromkeys(folders, pattern) if pattern is not None else {},
        feeds=joined(source, "feeds"),
        wiped=(*WIPED, *filter(None, [as_folder(text_at(config, "destination"))])),
        read=(name,) if name else (),
        notes=tuple(notes),
    )


def _url(config: dict[str, Setting]) -> str | None:
    url, base = text_at(config, "url"), text_at(config, "baseurl")
    return None if url is None else f"{url.rstrip('/')}/{(base or '').strip('/')}".rstrip("/") + "/"


def _posts(facts: Facts, content: str, excluded: tuple[str, ...]) -> tuple[str, ...]:
    """Every folder called _posts that holds Markdown files, the one at the top first."""
    found = set()
    for path in facts.markdown:
        folders = path.split("/")[:-1]
        if "_posts" in folders and is_below(path, content):
            found.add("/".join(folders[: folders.index("_posts") + 1]))
    kept = [one for one in sorted(found, key=lambda one: (one.count("/"), one)) if not _is_excluded(one, excluded)]
    return tuple(kept) or (joined(content, "_posts"),)


def _is_excluded(folder: str, excluded: tuple[str, ...]) -> bool:
    return any(is_below(f"{folder}/", as_folder(one)) for one in excluded if as_folder(one))


def _permalink(config: dict[str, Setting]) -> str | None:
    """The pattern of posts: of the front-matter defaults, of the collection, or of the site, as Jekyll ranks them."""
    defaults = at(config, "defaults")
    for one in reversed(defaults if isinstance(defaults, list) else []):
        path, kind = as_folder(text_at(one, "scope", "path")), text_at(one, "scope", "type")
        pattern = text_at(one, "values", "permalink")
        if pattern is not None and path in {"", "_posts"} and kind in {None, "posts"}:
            return pattern
    return text_at(config, "collections", "posts", "permalink") or text_at(config, "permalink")
