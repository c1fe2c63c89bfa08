from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from guidance.ui.text import amplitude, beginning, clock, p_value, shorten


@given(st.text(st.characters(categories=["L", "N"])), st.integers(0, 40))
def test_shorten_never_exceeds_its_width(text: str, width: int) -> None:
    assert cell_len(shorten(text, width)) <= width


def test_shorten_keeps_beginning_and_ending() -> None:
    assert shorten("mep_human_recruitment.edf", 11) == "mep_h…t.edf"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.0, "00:00.0"), (59.96, "01:00.0"), (83.44, "01:23.4"), (6000.0, "100:00.0")]
)
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("amplitude_uv", "shown"),
    [(4.24, ("4.2", "µV")), (9.97, ("10", "µV")), (9999.0, ("9999", "µV")), (9999.7, ("10.0", "mV"))],
)
def test_amplitude_takes_at_most_four_digits(amplitude_uv: float, shown: tuple[str, str]) -> None:
    assert amplitude(amplitude_uv) == shown


@pytest.mark.parametrize(("p", "shown"), [(None, "p ?"), (0.0004, "p < 0.001"), (0.0421, "p 0.042")])
def test_p_value(p: float | None, shown: str) -> None:
    assert p_value(p) == shown


@given(st.text(st.characters(categories=["L", "N", "Zs", "P"])), st.integers(0, 60))
def test_a_sentence_never_exceeds_its_width(text: str, width: int) -> None:
    assert cell_len(beginning(text, width)) <= width


@pytest.mark.parametrize(
    ("text", "width", "kept"),
    [
        ("Inject no more. 107.2 % of the limit", 40, "Inject no more. 107.2 % of the limit"),
        ("Inject no more. 107.2 % of the limit", 23, "Inject no more. …"),
        ("Inject no more. 107.2 % of the limit", 25, "Inject no more. 107.2 % …"),
        ("Give 25 mL more", 9, "Give …"),
        ("limit: 225 mg", 9, "limit …"),
        ("1234567 mg", 4, "…"),
        ("SIM-7 amplifier", 8, "SIM-7 …"),
        ("recording_of_today.edf", 11, "recor…y.edf"),
        ("word", 0, ""),
    ],
)
def test_a_sentence_is_shortened_to_whole_words_and_never_to_a_number_without_its_unit(
    text: str, width: int, kept: str
) -> None:
    assert beginning(text, width) == kept
