"""Text from outside is harmless to a terminal, a line stays one line, and numbers have no exponent."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidance.common.text import clean, digits, one_line


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


@pytest.mark.parametrize(
    ("number", "count", "text"),
    [
        (187.5, 2, "190"),
        (1234.5, 3, "1230"),
        (0.0000123, 2, "0.000012"),
        (2.0, 3, "2"),
        (-0.126, 2, "-0.13"),
        (0.0, 3, "0"),
    ],
)
def test_a_number_keeps_its_first_digits_and_has_no_exponent(number: float, count: int, text: str) -> None:
    assert digits(number, count) == text


@given(st.floats(-1e9, 1e9), st.integers(1, 6))
def test_digits_are_the_number_but_for_its_last_ones(number: float, count: int) -> None:
    assert "e" not in digits(number, count)
    assert float(digits(number, count)) == pytest.approx(number, rel=0.51 * 10.0 ** (1 - count))
