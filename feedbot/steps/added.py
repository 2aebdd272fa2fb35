"""The links that were added since a commit, for a pull request that is to answer for those alone."""

from dataclasses import dataclass

from feedbot.articles.at_ref import since
from feedbot.articles.find import find_files, naming
from feedbot.articles.rules import read_rules
from feedbot.articles.understand import understand
from feedbot.config import Config
from feedbot.core.added import added, is_of_the_change
from feedbot.core.article import Article
from feedbot.core.url import canonical_url
from feedbot.state import targets
from feedbot.state.database import State


@dataclass(frozen=True, slots=True)
class Added:
    """What a change adds: canonical URLs; and `paths`, the article files that it changes or adds."""

    urls: frozenset[str]
    paths: frozenset[str]


def added_since(config: Config, state: State, ref: str) -> Added:
    """The links in articles that none held where HEAD and a commit parted; after the articles were read.

    The articles of then are read by the config of now. Left out are pages that go online with the change itself
    (core/added.py). Raises UsageError and FeedbotError as `at_ref.since` does.
    """
    patterns, exclude = config.articles.paths, config.articles.exclude
    found = find_files(config.root, patterns, exclude)
    past = since(
        config.root, ref, [(file.path, file.full_path) for file in found.files], naming(config.root, patterns, exclude)
    )
    linked = targets.by_file(state)
    before = [{url for _, url in links} for path, links in linked.items() if path in past.unchanged]
    rules = read_rules(config)
    for path, text in past.texts:
        article, _ = understand(path, text, rules)
        if isinstance(article, Article):
            before.append({link.url for link in article.links})
    site = canonical_url(config.site.url)
    now = [
        [url for role, url in links if not is_of_the_change(role, url, site)]
        for path, links in linked.items()
        if path not in past.unchanged
    ]
    return Added(added(now, before), frozenset(file.path for file in found.files) - past.unchanged)
