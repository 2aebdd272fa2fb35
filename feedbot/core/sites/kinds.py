"""What kind of site a folder is."""

from feedbot.core.sites.eleventy import CONFIGS as ELEVENTY
from feedbot.core.sites.eleventy import eleventy_site
from feedbot.core.sites.facts import Facts, Kind, Site, at
from feedbot.core.sites.hugo import hugo_settings, hugo_site
from feedbot.core.sites.jekyll import CONFIGS as JEKYLL
from feedbot.core.sites.jekyll import jekyll_site
from feedbot.core.sites.plain import plain_site

_SITES = {Kind.JEKYLL: jekyll_site, Kind.HUGO: hugo_site, Kind.ELEVENTY: eleventy_site, Kind.PLAIN: plain_site}


def kind_of(facts: Facts) -> Kind:
    """The kind of site: by the generator's settings, or by the folders that only one generator has."""
    if facts.top & set(ELEVENTY) or _asks_for_eleventy(facts):
        return Kind.ELEVENTY
    if facts.top & set(JEKYLL):
        return Kind.JEKYLL
    if hugo_settings(facts):
        return Kind.HUGO
    if any("_posts" in path.split("/")[:-1] for path in facts.markdown) or "_posts" in facts.top:
        return Kind.JEKYLL
    if any(path.startswith("content/") for path in facts.markdown) or {"content", "archetypes"} <= facts.top:
        return Kind.HUGO
    return Kind.PLAIN


def _asks_for_eleventy(facts: Facts) -> bool:
    asked = (at(facts.settings.get("package.json"), key) for key in ("dependencies", "devDependencies"))
    return any("@11ty/eleventy" in one for one in asked if isinstance(one, dict))


def site_of(facts: Facts, kind: Kind | None = None) -> Site:
    """What the settings of a site mean for feedbot; `kind` where it is told and need not be seen."""
    return _SITES[kind_of(facts) if kind is None else kind](facts)
