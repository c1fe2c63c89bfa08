"""Text from outside is harmless to a terminal, and a line stays one line."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from guidance.common.text import clean, one_line


@given(st.text())
def test_clean_leaves_nothing_a_terminal_would_execute(text: str) -> None:
    assert not any(unicodedata.category(char).startswith("C") or char in "\n\t\u2028" for char in clean(text))


def test_clean_keeps_what_a_person_can_read() -> None:
    assert clean("\x1b[31mn. médian 正中\x9b2J\x07[/] a\nb\u202e") == "[31mn. médian 正中2J[/] a b"


@given(st.text())
def test_a_line_is_clean_and_has_single_blanks_between_its_words(text: str) -> None:
    line = one_line(text)
    assert line == clean(line)
    assert line == line.strip()
    assert "  " not in line


def test_a_line_keeps_its_words() -> None:
    assert one_line("  Mx.\u00a0Jo\t\x1b[1m\u200bDoe\r\n n.\ue000  medianus\x07 ") == "Mx. Jo [1mDoe n. medianus"
