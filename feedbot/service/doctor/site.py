"""The publication's own pages: the home page names the feeds, the contact page says who runs this; and the hubs."""

from feedbot.config import Config
from feedbot.core.autodiscovery import link_tag, named_feeds
from feedbot.core.doctor import Finding, Level, Part
from feedbot.core.feed_answers import Answer
from feedbot.core.observation import Failure
from feedbot.core.page_body import decoded, plain_bytes
from feedbot.publish.pages import ABOUT_NAME, SUBSCRIBE_AS
from feedbot.publish.render import RENDERERS
from feedbot.service.doctor.asking import Asker
from feedbot.service.doctor.case import Case
from feedbot.steps.selection import ALL


async def home_page(case: Case, asker: Asker) -> list[Finding]:
    """Whether site.url names the feed of all articles, so that readers find it by the site's own address."""
    config = case.config
    url = config.site.url
    answer = await asker.ask(url)
    if (why := _why_not_there(answer)) is not None:
        sentence = f"the home page {url} {why}"
        return [Finding(Part.SITE, "home page", Level.WARNING, sentence, "site.url in the config")]
    assert isinstance(answer, Answer)
    named = {one.url for one in named_feeds(answer.url, answer.headers, answer.body)}
    ours = {f"{config.feeds.url}{name}" for name in [*_all_files(config), *config.feeds.aliases]}
    if named & ours:
        sentence = f"the home page {url} names the feed of all articles: browsers and readers find it"
        return [Finding(Part.SITE, "autodiscovery", Level.OK, sentence)]
    instead = f"; it names {min(named)}" if named else ""
    sentence = f"the home page {url} does not name the feed of all articles, so that readers do not find it{instead}"
    mend = "put the links to the feeds that `feedbot doctor` shows into the head of each page"
    return [Finding(Part.SITE, "autodiscovery", Level.WARNING, sentence, mend)]


def link_tags(config: Config) -> list[str]:
    """The tags by which a page names the feed of all articles, one for each format."""
    return [
        link_tag(f"{config.feeds.url}{file}", config.site.title, *SUBSCRIBE_AS[name])
        for name, file in zip(config.feeds.formats, _all_files(config), strict=True)
    ]


def _all_files(config: Config) -> list[str]:
    return [f"{ALL}{RENDERERS[name][0]}" for name in config.feeds.formats]


async def contact_page(case: Case, asker: Asker) -> list[Finding]:
    """Whether the page that every request of feedbot's names says what feedbot is."""
    config = case.config
    url = config.contact
    answer = await asker.ask(url)
    about = f"checker.contact: {config.feeds.url}{ABOUT_NAME}"
    instead = f"{about} names the page that feedbot writes" if config.feeds.pages else f"feeds.pages: true, and {about}"
    if (why := _why_not_there(answer)) is not None:
        sentence = f"the contact page {url}, which every request names, {why}"
        return [Finding(Part.SITE, "contact page", Level.WARNING, sentence, instead)]
    assert isinstance(answer, Answer)
    plain = plain_bytes(answer.headers, answer.body)
    if plain is None or "feedbot" not in decoded(answer.headers, plain).lower():
        sentence = f"the contact page {url} says nothing of feedbot, so that nobody learns there who asked, and why"
        return [Finding(Part.SITE, "contact page", Level.WARNING, sentence, instead)]
    return [Finding(Part.SITE, "contact page", Level.OK, f"the contact page {url} answers and tells of feedbot")]


async def hubs(case: Case, asker: Asker) -> list[Finding]:
    """Whether the WebSub hubs of the config answer at all; what they say to a GET is their own affair."""
    findings = []
    for hub in case.config.feeds.hub:
        answer = await asker.ask(hub)
        about = f"hub {hub}"
        if isinstance(answer, Answer) and answer.status < 500:
            findings.append(Finding(Part.SITE, about, Level.OK, f"the hub {hub} answers"))
            continue
        why = f"brings no answer: {answer.text}" if isinstance(answer, Failure) else f"answers {answer.status}"
        sentence = f"the hub {hub}, which every feed names, {why}: subscribers are told of nothing"
        findings.append(Finding(Part.SITE, about, Level.WARNING, sentence, "feeds.hub: name another, or none"))
    return findings


def _why_not_there(answer: Answer | Failure) -> str | None:
    if isinstance(answer, Failure):
        return f"brings no answer: {answer.text}"
    return None if answer.status == 200 else f"is answered with {answer.status}"
