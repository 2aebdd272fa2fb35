"""Pages as the web has them: articles with everything around them, notices, shells of applications."""

# ruff: noqa: E501 - pages are written as they are served

import json
from collections.abc import Sequence
from html import escape

PROSE: dict[str, tuple[str, ...]] = {
    "en": (
        "The bridge over the lower harbour opened to traffic on Monday, eleven weeks later than the council had "
        "promised and a little under the price that it had feared.",
        "Ferry crews, who carried some four thousand commuters a day while the deck was replaced, will keep one boat "
        "running until the end of the month. “People got used to the wind,” says Ada Lindqvist, who has steered it.",
        "Engineers measured the new bearings twice a night through the winter. None moved by more than the width of "
        "a fingernail, which is what the drawings of 1931 had asked for and never got.",
        "What remains is the question of the toll. A vote is set for the second week of June; both sides say that "
        "they have the numbers, and both were wrong the last time.",
        "Shopkeepers on the north bank say that the weeks of detours cost them a tenth of their year. The city has "
        "set aside a fund, for which nobody has yet written the form.",
    ),
    "de": (
        "Die Brücke über den unteren Hafen ist seit Montag wieder befahrbar, elf Wochen später als vom Stadtrat "
        "versprochen und etwas billiger als befürchtet.",
        "Die Fähre, die täglich rund viertausend Menschen übersetzte, fährt noch bis zum Monatsende. „Man gewöhnt "
        "sich an den Wind“, sagt die Steuerfrau Ada Lindqvist.",
        "Offen ist die Frage der Maut. Abgestimmt wird in der zweiten Juniwoche, und beide Seiten sind sich sicher.",
    ),
    "fr": (
        "Le pont du port inférieur a rouvert lundi à la circulation, onze semaines après la date promise par la "
        "mairie et pour un peu moins cher que prévu.",
        "Le bac, qui transportait quelque quatre mille personnes par jour, restera en service jusqu’à la fin du mois.",
        "Reste la question du péage : le vote aura lieu la deuxième semaine de juin.",
    ),
    "es": (
        "El puente del puerto bajo se abrió al tráfico el lunes, once semanas más tarde de lo que prometió el "
        "ayuntamiento y por algo menos de lo que se temía.",
        "El transbordador, que llevaba a unas cuatro mil personas al día, seguirá navegando hasta fin de mes.",
        "Queda pendiente el peaje: se votará en la segunda semana de junio.",
    ),
    "ja": (
        "港の橋が月曜日に開通した。市が約束した日より十一週間遅く、費用は心配されたほどではなかった。",
        "毎日およそ四千人を運んだ渡し船は、月末まで運航を続ける。「風にも慣れました」と船長は話す。",
        "残る問題は通行料だ。投票は六月の第二週に行われる。",
    ),
    "ru": (
        "Мост через нижнюю гавань открылся в понедельник, на одиннадцать недель позже обещанного и немного дешевле, "
        "чем опасались.",
        "Паром, перевозивший около четырёх тысяч человек в день, будет ходить до конца месяца.",
        "Остаётся вопрос о плате за проезд: голосование назначено на вторую неделю июня.",
    ),
    "ar": (
        "افتُتح الجسر فوق الميناء يوم الاثنين، بعد أحد عشر أسبوعًا من الموعد الذي وعد به المجلس.",
        "وستبقى العبّارة التي كانت تنقل نحو أربعة آلاف راكب يوميًا في الخدمة حتى نهاية الشهر.",
    ),
    "hi": (
        "बंदरगाह का पुल सोमवार को खुल गया, परिषद के वादे से ग्यारह सप्ताह बाद और आशंका से कुछ कम खर्च में।",
        "रोज़ करीब चार हज़ार लोगों को ले जाने वाली नाव महीने के अंत तक चलती रहेगी।",
    ),
    "zh": (
        "下港大桥周一恢复通车，比市议会承诺的时间晚了十一周，费用则略低于预期。",
        "每天运送约四千名乘客的渡船将一直开到月底。船长说：“大家已经习惯了海风。”",
    ),
}

_TEASERS = (
    "Tide tables for the week",
    "A bakery that never closes",
    "How the archive was moved in one night",
    "Letters: more benches, please",
    "The last typesetter of Quay Street",
    "Rain expected by Thursday",
)


def article(
    title: str,
    *,
    lang: str = "en",
    site: str = "The Harbour Post",
    headline: str | None = None,
    head: str = "",
    top: str = "",
    after: str = "",
    paragraphs: Sequence[str] = (),
    weight_kb: int = 0,
) -> bytes:
    """A story of a newspaper, with navigation, teasers and scripts; `weight_kb` adds that much of comments."""
    told = paragraphs or PROSE[lang]
    direction = ' dir="rtl"' if lang in {"ar", "he"} else ""
    facts = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": headline or title}
    teasers = "\n".join(
        f'      <li><a href="/stories/{number}">{escape(teaser)}</a></li>' for number, teaser in enumerate(_TEASERS)
    )
    text = "\n".join(f"      <p>{escape(paragraph)}</p>" for paragraph in told)
    return f"""<!DOCTYPE html>
<html lang="{lang}"{direction}>
<head>
  <meta charset="utf-8">
  <title>{escape(title)} | {escape(site)}</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="description" content="{escape(told[0][:150])}">
  <meta property="og:title" content="{escape(headline or title)}">
  <meta property="og:type" content="article">
  <link rel="stylesheet" href="/assets/site.6f2c.css">
  <link rel="alternate" type="application/rss+xml" href="/feed.xml">
  <script type="application/ld+json">{json.dumps(facts, ensure_ascii=False)}</script>
  <script defer src="/assets/site.91ab.js"></script>
{head}
</head>
<body class="story">
  <header class="masthead"><a class="logo" href="/">{escape(site)}</a>
    <nav><a href="/city">City</a> <a href="/world">World</a> <a href="/culture">Culture</a> <a href="/sport">Sport</a></nav>
    <form action="/search" role="search"><input name="q" type="search" placeholder="Search"></form>
  </header>
{top}
  <main>
    <article>
      <h1>{escape(headline or title)}</h1>
      <p class="byline">By <a rel="author" href="/people/m-okafor">M. Okafor</a>, <time datetime="2024-05-13">13 May 2024</time></p>
{text}
    </article>
    <aside><h2>More from {escape(site)}</h2>
    <ul>
{teasers}
    </ul></aside>
{after}
{_comments(weight_kb)}
  </main>
  <footer><p>© {escape(site)}. <a href="/imprint">Imprint</a> <a href="/privacy">Privacy</a></p></footer>
</body>
</html>
""".encode()


def _comments(weight_kb: int) -> str:
    one = (
        '    <div class="comment" id="c{0}"><b>reader {0}</b><p>I crossed it on Monday with number {0} in the queue, and '
        "the view is what it was. The lamps are new.</p></div>"
    )
    return "\n".join(one.format(number) for number in range(weight_kb * 6))


def notice(
    title: str,
    headline: str,
    text: str,
    *,
    lang: str = "en",
    site: str = "",
    head: str = "",
    more: str = "",
    around: bool = True,
) -> bytes:
    """A short page that says one thing; with `around` it wears its site's navigation."""
    navigation = (
        f'<header><a class="logo" href="/">{escape(site or "Home")}</a> <nav><a href="/a">A-Z</a> <a href="/shop">Shop</a> '
        '<a href="/contact">Contact</a></nav></header>'
        if around
        else ""
    )
    footer = '<footer><a href="/imprint">Imprint</a> <a href="/privacy">Privacy</a></footer>' if around else ""
    return f"""<!DOCTYPE html>
<html lang="{lang}">
<head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/css/main.css">
{head}</head>
<body>
{navigation}
<main class="notice">
<h1>{escape(headline)}</h1>
<p>{escape(text)}</p>
{more}
</main>
{footer}
</body>
</html>
""".encode()


def front_page(site: str, *, head: str = "", weight_kb: int = 0) -> bytes:
    """The home page of a newspaper: many headlines, no story."""
    stories = "\n".join(
        f'<section><h2><a href="/stories/{number}">{escape(teaser)}</a></h2><p>{escape(PROSE["en"][number % 5])}</p></section>'
        for number, teaser in enumerate(_TEASERS)
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{escape(site)}: news from the harbour and the hills</title>
<meta property="og:type" content="website">
<link rel="stylesheet" href="/assets/site.6f2c.css">
{head}</head>
<body class="front"><header><h1>{escape(site)}</h1>
<nav><a href="/city">City</a> <a href="/world">World</a> <a href="/culture">Culture</a></nav></header>
<main>
{stories}
{_comments(weight_kb)}
</main>
<footer><a href="/imprint">Imprint</a></footer></body>
</html>
""".encode()


def shell(
    title: str, root: str = '<div id="root"></div>', scripts: str = "", *, head: str = "", lang: str = "en"
) -> bytes:
    """What a single-page application answers for every path: scripts, and a place for what they draw."""
    drawn_by = scripts or '<script type="module" crossorigin src="/static/js/main.8f3a1c2e.js"></script>'
    return f"""<!doctype html>
<html lang="{lang}">
<head><meta charset="utf-8"><link rel="icon" href="/favicon.ico">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{escape(title)}</title>
<link rel="manifest" href="/manifest.json"><link rel="stylesheet" href="/static/css/main.5d1b.css">
{head}</head>
<body>{root}{drawn_by}</body>
</html>
""".encode()


def amp_page(title: str, canonical: str) -> bytes:
    """A valid AMP page of a story."""
    text = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in PROSE["en"][:4])
    return f"""<!doctype html>
<html ⚡ lang="en">
<head><meta charset="utf-8"><script async src="https://cdn.ampproject.org/v0.js"></script>
<title>{escape(title)}</title>
<link rel="canonical" href="{escape(canonical)}">
<meta name="viewport" content="width=device-width">
<style amp-boilerplate>body{{animation:-amp-start 8s steps(1,end) 0s 1 normal both}}</style>
<noscript><style amp-boilerplate>body{{animation:none}}</style></noscript>
<style amp-custom>body{{font-family:serif}}h1{{font-size:1.6em}}</style></head>
<body><h1>{escape(title)}</h1>
<amp-img src="/img/bridge.jpg" width="1200" height="675" layout="responsive" alt="The bridge"></amp-img>
{text}
</body></html>
""".encode()
