"""Annotations of pulses give their values; a malformed one is named in the error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import DeviceRefused, Pulse
from drivers.formats.loaded import Annotation
from drivers.formats.pulses import is_pulse, parse_pulse

PATH = Path("a.edf")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stim", True),
        ("stim current_ma=1", True),
        ("stimulus", False),
        ("Stim", False),
        ("no stim", False),
        ("", False),
    ],
)
def test_a_pulse_begins_with_its_word(text: str, expected: bool) -> None:
    assert is_pulse(Annotation(0.0, text)) == expected


@pytest.mark.parametrize(
    ("text", "pulse"),
    [
        ("stim", Pulse(100)),
        ("stim current_ma=0.50 width_ms=0.10", Pulse(100, current_ma=0.5, width_ms=0.1)),
        ("stim width_ms=1e-1", Pulse(100, width_ms=0.1)),
        ("stim current_ma=0", Pulse(100, current_ma=0.0)),
        ("stim intensity=83 site=left", Pulse(100)),
    ],
)
def test_known_words_are_taken_and_others_left(text: str, pulse: Pulse) -> None:
    assert parse_pulse(PATH, Annotation(0.1, text), 1000.0) == pulse


@pytest.mark.parametrize(
    "words", ["current_ma=", "current_ma=-1", "width_ms=0", "width_ms=nan", "current_ma=1,5", "off"]
)
def test_a_malformed_word_is_refused_by_name(words: str) -> None:
    with pytest.raises(DeviceRefused, match=f"the annotation 'stim {words}' at 0.1 s of a.edf is not a pulse"):
        parse_pulse(PATH, Annotation(0.1, f"stim {words}"), 1000.0)


@pytest.mark.parametrize(
    ("onset_s", "sample_rate_hz", "sample", "offset_ns"),
    [(1.948, 4000.0, 7792, 0), (0.333333, 3000.0, 1000, 0), (0.00013, 4000.0, 0, 130_000), (-0.5, 1000.0, -500, 0)],
)
def test_an_onset_is_a_sample_and_the_rest_of_it(
    onset_s: float, sample_rate_hz: float, sample: int, offset_ns: int
) -> None:
    pulse = parse_pulse(PATH, Annotation(onset_s, "stim"), sample_rate_hz)
    assert (pulse.sample, pulse.offset_ns) == (sample, offset_ns)


@given(st.integers(0, 10**8), st.sampled_from([1000.0, 1925.93, 2048.0, 3000.0, 4000.0, 30000.0]))
def test_an_onset_written_to_the_microsecond_finds_its_sample_again(sample: int, sample_rate_hz: float) -> None:
    pulse = parse_pulse(PATH, Annotation(round(sample / sample_rate_hz, 7), "stim"), sample_rate_hz)
    assert pulse.sample == sample
    assert 0 <= pulse.offset_ns < 1000


@given(st.floats(-1e6, 1e6), st.floats(1.0, 1e6))
def test_the_rest_is_never_negative_nor_a_whole_sample(onset_s: float, sample_rate_hz: float) -> None:
    pulse = parse_pulse(PATH, Annotation(onset_s, "stim"), sample_rate_hz)
    assert 0 <= pulse.offset_ns <= 1e9 / sample_rate_hz
