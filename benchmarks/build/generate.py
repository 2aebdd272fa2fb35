"""Writes article files in the shape of the real input: `generate.py FOLDER COUNT [TOPICS]`.

Each has a source with AMP and cache addresses, two or three of the topics (60 where not told), an image and five
related items, about 6 kB of front matter. The same COUNT gives the same files.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

NAMED = ["AI", "Computer Vision", "C++", "C#"]
TEXT = (
    "the city says it will use technology to tackle crime in real time with cameras across streets while researchers"
    " warn that systems trained on narrow data fail where light and angle change and regulators ask who will answer"
)
WORDS = TEXT.split()
FIRST = datetime(2016, 1, 1, tzinfo=UTC)
_EVERY_MINUTES = 517
_MOST_MINUTES = 10_000 * _EVERY_MINUTES


def sentence(seed: int, words: int) -> str:
    return " ".join(WORDS[(seed * 7 + step * 13 + step * step) % len(WORDS)] for step in range(words)).capitalize()


def front(number: int, every_minutes: int, indent: str = "") -> list[str]:
    host = f"news{number % 997}.example"
    slug = f"{number}-{sentence(number, 5).replace(' ', '-').lower()}"
    moment = (FIRST + timedelta(minutes=number * every_minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    amp = f"https://www.{host}/stories/{slug}/amp/"
    return [
        f'{indent}title: "{sentence(number, 11)}"',
        f'{indent}excerpt: "{sentence(number + 1, 55)}."',
        f"{indent}publishedDateTime: {moment}",
        f"{indent}sourceUrl: https://www.{host}/stories/{slug}/",
        f"{indent}ampUrl: {amp}",
        f"{indent}cdnAmpUrl: https://www-{host.replace('.', '-')}.cdn.ampproject.org/c/s/{amp.removeprefix('https://')}",
        f"{indent}type: article",
        f"{indent}quality: {number % 100}",
        f"{indent}provider:",
        f"{indent}  name: News {number % 997}",
        f"{indent}  domain: {host}",
        f"{indent}images:",
        f"{indent}  - url: https://img.{host}/{slug}.jpg",
        f"{indent}    width: 1050",
        f"{indent}    height: 549",
    ]


def article(number: int, topics_in_all: int, every_minutes: int = _EVERY_MINUTES) -> str:
    names = [f"Topic {one}" for one in range(topics_in_all - len(NAMED))] + NAMED
    topics = sorted({names[number * factor % topics_in_all] for factor in (1, 7, 11)})
    lines = [
        "---",
        "category: news",
        *front(number, every_minutes),
        f"heat: {number % 200}",
        "published: true",
        "",
        "topics:",
    ]
    lines += [f'  - "{topic}"' for topic in topics]
    lines += ["", "related:"]
    for near in range(1, 6):
        item = front(number * 6 + 1_000_000 + near, every_minutes, "    ")
        lines += ["  - " + item[0].strip(), *item[1:]]
    lines += ["", f'secured: "{"QmFzZTY0" * 60};Qv8tbTN8fj/uRfSTS2ojEw=="', "---", ""]
    return "\n".join(lines)


def generate(folder: Path, count: int, topics: int = 60) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # However many there are, they came within ten years, and none is of the future.
    every_minutes = min(_EVERY_MINUTES, _MOST_MINUTES // max(1, count))
    for number in range(count):
        text = article(number, topics, every_minutes)
        (folder / f"2020-01-01-{number:06}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    generate(Path(sys.argv[1]), *map(int, sys.argv[2:]))
