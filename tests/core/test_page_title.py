"""A page carries an article's title, whatever a site makes of it, or it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.page import RULES, PageSignals, carries_title


def shown(title="", h1="", og_title=""):
    return PageSignals(RULES, media="text/html", title=title, h1=h1, og_title=og_title)


CARRIED = [
    ("OpenAI releases GPT-5", "OpenAI releases GPT-5"),
    ("OpenAI releases GPT-5", "OPENAI RELEASES GPT-5!"),
    ("OpenAI releases GPT-5", "OpenAI releases GPT-5 | TechCrunch"),
    ("OpenAI releases GPT-5", "TechCrunch: OpenAI Releases GPT‑5"),
    ("OpenAI releases GPT-5", "Technology - OpenAI releases GPT-5 - Example News"),
    ("OpenAI releases GPT-5 — what we know so far", "OpenAI releases GPT-5: What We Know So Far"),
    ("OpenAI releases GPT-5 and every rival answers within a day", "OpenAI releases GPT-5 and every rival…"),
    ("OpenAI releases GPT-5 and every rival answers within a day", "OpenAI releases GPT-5 and every riv... | Example"),
    ("Apple unveils M5 chip: faster, cooler, cheaper", "Apple unveils M5 chip - The Verge"),
    ("The council's plan isn’t dead", "The council’s plan isn't dead"),
    ("Café society in São Paulo", "Cafe society in Sao Paulo"),
    ("Größe und Maß", "GRÖSSE UND MASS – Beispiel"),
    ("Ukraine, Gaza & Iran: a week of talks", "Ukraine, Gaza and Iran: a week of talks"),
    ("Python", "Python - Example"),
    ("Новости о климате и море", "НОВОСТИ О КЛИМАТЕ И МОРЕ — Пример"),
    ("Η κλιματική αλλαγή και η θάλασσα", "Η ΚΛΙΜΑΤΙΚΉ ΑΛΛΑΓΉ ΚΑΙ Η ΘΆΛΑΣΣΑ"),
    ("אקלים וים: הדוח השנתי", "אקלים וים: הדוח השנתי | דוגמה"),
    ("تقرير المناخ السنوي", "تقرير المناخ السنوي - مثال"),
    ("气候变化的年度报告发布", "气候变化的年度报告发布_示例网"),
    ("氣候變化的年度報告發布", "氣候變化的年度報告發布 | 範例"),
    ("気候変動に関する年次報告書を公表", "気候変動に関する年次報告書を公表｜サンプル"),
    ("気候変動に関する年次報告書を公表、各国が注目", "気候変動に関する年次報告書を公表…"),
    ("ＡＩの最新動向", "AIの最新動向 - サンプル"),
    ("OpenAI发布GPT-5模型", "OpenAI 发布 GPT-5 模型"),
    ("기후 변화 연례 보고서 발표", "기후변화 연례보고서 발표 - 예시"),
    ("รายงานประจำปีเรื่องสภาพภูมิอากาศ", "รายงานประจำปีเรื่องสภาพภูมิอากาศ | ตัวอย่าง"),
    ("जलवायु पर वार्षिक रिपोर्ट", "जलवायु पर वार्षिक रिपोर्ट - उदाहरण"),
    ("🎉", "🎉 | Example"),
]

NOT_CARRIED = [
    ("OpenAI releases GPT-5", ""),
    ("OpenAI releases GPT-5", "Best online casino bonus 2026"),
    ("OpenAI releases GPT-5", "OpenAI"),
    ("OpenAI releases GPT-5", "Example News | Home"),
    ("OpenAI releases GPT-5", "The 10 best releases of the year"),
    ("How to cook rice", "How to cook pasta"),
    ("The state of the union", "The state of the art"),
    ("Terms of service", "Privacy policy"),
    ("Apple unveils M5 chip: faster, cooler, cheaper", "Apple unveils"),
    ("Python", "Monty"),
    ("Constitutional court", "Constitutional law"),
    ("Größe und Maß", "Kleine Kunde"),
    ("Новости о климате", "Казино онлайн: бонусы"),
    ("气候变化的年度报告发布", "在线娱乐平台首页"),
    ("気候変動に関する年次報告書", "オンラインカジノ入門"),
    ("기후 변화 연례 보고서", "온라인 카지노 추천"),
    ("🎉", "Example"),
    ("", "Example"),
    ("  ", "Example"),
]


@pytest.mark.parametrize(("title", "seen"), CARRIED)
def test_a_title_is_carried(title, seen):
    assert carries_title(shown(title=seen), title)
    assert carries_title(shown("Example", h1=seen), title)
    assert carries_title(shown("Example", "Example", og_title=seen), title)


@pytest.mark.parametrize(("title", "seen"), NOT_CARRIED)
def test_another_title_is_not(title, seen):
    assert not carries_title(shown(seen, seen, seen), title)


# Words that can be compared: letters and digits of any script.
WORDS = st.lists(st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=12), min_size=1, max_size=12)


@given(WORDS)
def test_every_title_is_carried_by_itself_in_any_case_before_and_after_a_name(words):
    title = " ".join(words)
    assert carries_title(shown(title), title)
    assert carries_title(shown(f"{title} | Example News"), title)
    assert carries_title(shown(f"Example News – {title}"), title)


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_can_be_compared(title, one, two, three):
    assert carries_title(shown(one, two, three), title) in (True, False)
