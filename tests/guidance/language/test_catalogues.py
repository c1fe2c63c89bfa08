"""Every text that the screen shows is in every language, whole, and nothing else is."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from guidance import language
from guidance.language.catalogue import Catalogue, PoEntry, read_catalogue
from guidance.ui import bigtext
from tests.support.source_texts import ROOT, MarkedText, marked_texts, texts_of

TRANSLATED = [code for code in language.LANGUAGES if code != language.ENGLISH]
PLACE = re.compile(r"\{\w*\}")
LARGE_WORDS = ("FAR", "APPROACH", "TARGET", "CLOSE", "NO RESPONSE", "UNKNOWN", "WAITING", "CANNOT TELL")
SPEAKING = [
    *(ROOT / "guidance" / "alarms").glob("*.py"),
    *(
        ROOT / "guidance" / part
        for part in (
            "contracts/signal_fitness.py", "needle_emg/effort.py", "signal/response/latency.py",
            "signal/response/range_monitor.py", "signal/sweep/dead_input.py", "stimulation/closed_loop.py",
            "stimulation/delivery.py", "stimulation/doubt_reaction.py", "stimulation/output_state.py",
            "stimulation/search.py", "stimulation/verification.py", "stop_moment/items.py",
        )
    ),
]  # fmt: skip
"""Modules whose sentences reach the screen in a Snapshot."""
SOURCES = (
    "alarms", "audio", "contracts", "dose", "engine", "needle_emg", "proximity", "session", "signal", "stimulation",
    "stop_moment", "ui",
)  # fmt: skip
"""Packages whose words records and Snapshots may hold."""
NOT_SHOWN = {"host lost", "open circuit"}
"""Texts in them that are names of another program's states."""


@cache
def catalogue(code: str) -> Catalogue:
    return read_catalogue((ROOT / "guidance" / "language" / f"{code}.po").read_text(encoding="utf-8"))


def texts(code: str) -> dict[MarkedText, PoEntry]:
    return {MarkedText(entry.context, entry.english, entry.plural): entry for entry in catalogue(code).entries[1:]}


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_marked_text_is_translated_and_nothing_else_is_in_the_catalogue(code: str) -> None:
    marked, there = marked_texts(), texts(code)
    assert len(marked) > 300
    assert not {text: where for text, where in marked.items() if text not in there}, "missing"
    assert not {text for text in there if text not in marked and text.context != language.RECORD}, "stale"
    assert not {text for text, entry in there.items() if not all(entry.forms)}, "empty"
    assert len(there) == len(catalogue(code).entries) - 1, "twice"


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_language_has_the_same_sentences_of_records(code: str) -> None:
    sentences = {text for text in texts(code) if text.context == language.RECORD}
    assert sentences == {text for text in texts(TRANSLATED[0]) if text.context == language.RECORD}
    assert len(sentences) > 200


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_places_of_the_english_text_and_its_outer_blanks(code: str) -> None:
    for entry in catalogue(code).entries[1:]:
        for english, form in zip((entry.english, entry.plural or entry.english), entry.forms * 2, strict=False):
            assert set(PLACE.findall(form)) == set(PLACE.findall(english)), entry
            assert [form[:1] == " ", form[-1:] == " "] == [english[:1] == " ", english[-1:] == " "] or (
                code == "fr" and english[0] in ":;"
            ), entry


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_plural_has_a_form_for_each_number_of_its_language(code: str) -> None:
    plurals = [entry for entry in catalogue(code).entries if entry.plural]
    assert plurals
    assert all(len(entry.forms) == 2 for entry in plurals)
    language.use(code)
    assert language.trn("{count} sweep", "{count} sweeps", 1) != language.trn("{count} sweep", "{count} sweeps", 2)


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_number_keeps_its_decimal_point(code: str) -> None:
    for entry in catalogue(code).entries[1:]:
        numbers = sorted(set(re.findall(r"\d+\.\d+", entry.english + entry.plural)))
        assert sorted(set(re.findall(r"\d+[.,]\d+", "".join(entry.forms)))) == numbers, entry


@pytest.mark.parametrize("code", list(language.LANGUAGES))
def test_every_large_word_can_be_drawn(code: str) -> None:
    language.use(code)
    words = [language.tr(word) for word in LARGE_WORDS] + [language.tr("NO RESPONSE", context="reading")]
    for word in [*words, language.tr("GUIDANCE STOPPED")]:
        assert bigtext.cells(word, (1, 1))[0] <= 58, word  # beside the gauge of a terminal of 80 columns


@pytest.mark.parametrize("code", TRANSLATED)
@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: str(path.relative_to(ROOT / "guidance")))
def test_every_sentence_that_the_engine_shows_is_recognised(code: str, path: Path) -> None:
    language.use(code)
    spoken = [text for text in texts_of(path, "7.5") if " " in text.strip() and text not in NOT_SHOWN]
    assert not [text for text in spoken if len(re.findall("[a-z]{2}", text)) > 1 and language.recorded(text) == text]


def test_every_word_of_the_sentences_of_records_is_in_the_source_or_a_sheet() -> None:
    sheets = [path.read_text(encoding="utf-8") for path in (ROOT / "protocols").glob("*.toml")]
    paths = (path for part in SOURCES for path in (ROOT / "guidance" / part).rglob("*.py"))
    there = "\n".join([*sheets, *(text for path in paths for text in texts_of(path))])
    english = [text.english for text in texts(TRANSLATED[0]) if text.context == language.RECORD]
    words = {word for text in english for word in re.findall(r"[a-zA-Z]{4,}", PLACE.sub(" ", text))}
    assert not {word for word in words if word not in there}
