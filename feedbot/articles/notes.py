"""What is said and linked while one article file is read."""

import re

from feedbot.articles.frontmatter import Where
from feedbot.articles.text import clean_line
from feedbot.core.article import Link, LinkRole, Remark
from feedbot.core.problems import Code
from feedbot.core.url import MAX_URL_LENGTH, InvalidUrl, canonical_url

Ignored = frozenset[str] | None

MAX_REMARKS = 100
_LOOKS_SECRET = re.compile(r"secured|[A-Za-z0-9+]{24}", re.IGNORECASE)


def quoted(text: str) -> str:
    """The text as a message may show it: one line, at most 60 characters, never what may be ciphertext."""
    if _LOOKS_SECRET.search(text):
        return f"a text of {len(text):,} characters"
    shown = clean_line(text)
    return f"'{shown}'" if len(shown) <= 60 else f"'{shown[:57]}...'"


class Notes:
    """Collects the remarks and links of one file, in the order in which they come, each once.

    `item` is whose links come now: 0 for the article itself, n for its n-th related article.
    """

    def __init__(self, path: str, *, keeps_every: bool = False) -> None:
        self._path = path
        self._keeps_every = keeps_every
        self._remarks: dict[tuple[int, str], Remark] = {}
        self._left_out = 0
        self._links: dict[tuple[LinkRole, str], tuple[int, int]] = {}
        self._ignored: Ignored = frozenset()
        self.item = 0

    def remark(self, where: Where, code: Code, text: str, field: str = "") -> None:
        """Note something odd; beyond 100, unless every one is wanted, only their number is kept."""
        if len(self._remarks) < MAX_REMARKS or self._keeps_every:
            said = f"{field}: {text}" if field else text
            self._remarks.setdefault(
                (where.line, said), Remark(self._path, where.line, said, where.column, code.value, field)
            )
        else:
            self._left_out += 1

    def link(self, role: LinkRole, url: str, line: int) -> bool:
        """Note a link to a URL from `resolve_url`; False where its canonical form would be too long to be one."""
        try:
            # Without a fragment, a normalised URL of permitted length is its own canonical form.
            target = canonical_url(url) if "#" in url or len(url) > MAX_URL_LENGTH else url
        except InvalidUrl:
            return False
        self._links.setdefault((role, target), (line, self.item))
        return True

    def ignore(self, urls: Ignored) -> None:
        """Note which links feedbot is asked to leave alone, by canonical URL; None is all of them."""
        self._ignored = urls

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """All remarks, with their number in a last one where they are too many."""
        more = f"and {self._left_out:,} more remarks"
        last = [Remark(self._path, 0, more, code=Code.MORE_REMARKS.value)] if self._left_out else []
        return (*self._remarks.values(), *last)

    @property
    def links(self) -> tuple[Link, ...]:
        """All links, no two of the same role and target."""
        return tuple(
            Link(role, url, line, item, is_ignored=self._ignored is None or url in self._ignored)
            for (role, url), (line, item) in self._links.items()
        )
