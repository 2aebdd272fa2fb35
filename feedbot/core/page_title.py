"""Whether a page carries an article's title, whatever a site makes of it."""

import re
from collections import Counter
from functools import lru_cache

from feedbot.core.page_words import UNSPACED, folded_words, title_parts

# Scripts without spaces, and Hangul, whose words carry endings: compared by pairs of letters.
_PAIRED = re.compile(
    f"[{UNSPACED}\uac00-\ud7a3\U00020000-\U0002ffff]+|[^{UNSPACED}\uac00-\ud7a3\U00020000-\U0002ffff]+"
)
_IS_PAIRED = re.compile(f"[{UNSPACED}\uac00-\ud7a3\U00020000-\U0002ffff]")

# Short words ("of", "der", "the") are everybody's.
_SHORT = 3
_SHARED = 0.7
_SHARED_OF_SHORT_TITLE = 0.9
_SHORT_TITLE_TOKENS = 2
# A cut title says nothing but what the article's does, and a good part of that.
_LEAST_LEFT = 0.4
_LEAST_TOKENS = 3


# Several rules ask it of one page in turn.
@lru_cache(maxsize=256)
def resembles(title: str, candidates: tuple[str, ...]) -> bool:
    """True where one of the candidates is this title, but for case, punctuation, a site's name or a cut end.

    A title of which nothing can be compared (an emoji) is carried by a candidate that contains it.
    """
    wanted = _tokens(title)
    if not wanted:
        bare = title.strip()
        return bool(bare) and any(bare in candidate for candidate in candidates)
    if any(_resemble(wanted, _tokens(whole)) for whole in candidates):
        return True
    parts = {part for whole in candidates for part in title_parts(whole) if part != whole}
    return any(_resemble(wanted, _tokens(part)) for part in parts)


@lru_cache(maxsize=256)
def _tokens(text: str) -> Counter[str]:
    tokens: Counter[str] = Counter()
    for word in folded_words(text):
        if word.isascii():  # no letter of it is paired
            tokens[word] += 1
            continue
        for run in _PAIRED.findall(word):
            if len(run) > 1 and _IS_PAIRED.match(run):
                tokens.update(run[place : place + 2] for place in range(len(run) - 1))
            else:
                tokens[run] += 1
    return tokens


def _resemble(wanted: Counter[str], seen: Counter[str]) -> bool:
    if wanted == seen:
        return True
    if wanted.keys().isdisjoint(seen):
        return False
    shared = _weight(wanted & seen)
    is_short = wanted.total() <= _SHORT_TITLE_TOKENS
    if shared >= _weight(wanted) * (_SHARED_OF_SHORT_TITLE if is_short else _SHARED):
        return True
    return seen.total() >= _LEAST_TOKENS and shared >= _weight(wanted) * _LEAST_LEFT and _is_cut(wanted, seen)


def _is_cut(wanted: Counter[str], seen: Counter[str]) -> bool:
    """True where nothing else is seen, but for one word that is cut itself."""
    others = seen - wanted
    return others.total() <= 1 and all(any(word.startswith(cut) for word in wanted) for cut in others)


def _weight(tokens: Counter[str]) -> int:
    return sum(times * _token_weight(token) for token, times in tokens.items())


def _token_weight(token: str) -> int:
    if not token.isascii() and _IS_PAIRED.match(token):
        return _SHORT
    return len(token) if len(token) > _SHORT or token.isdigit() else 1
