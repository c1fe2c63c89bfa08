"""Annotations of pulses give their values; a malformed one is named in the error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import DeviceRefused, Pulse
from drivers.formats.loaded import Annotation
from drivers.formats.pulses import is_pulse, parse_pulse, pulse_annotations

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


def annotated(*texts: str) -> list[Annotation]:
    return [Annotation(float(i), text) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    "text",
    ["Stim", "STIM", "stimulus", "Stimulus/S  1", "TTL", "TTL 1", "Trigger", "Trig_1", "Pulse", "E-stim", "shock"],
)
def test_one_kind_of_annotation_that_can_only_mean_a_stimulus_is_taken_and_named(text: str) -> None:
    found = pulse_annotations(PATH, annotated(text, "needle moved", text), None)
    assert [each.onset_s for each in found.annotations] == [0.0, 2.0]
    assert found.notes == (f"the annotations '{' '.join(text.split())}' of a.edf (2) are taken for pulses",)


def test_annotations_that_may_mean_something_else_are_counted_and_not_taken() -> None:
    found = pulse_annotations(PATH, annotated("Stimulus/S  1", "Stimulus/S  2", "Stimulus/S  1"), None)
    assert not found.annotations
    assert "'Stimulus/S 1' 2 times, 'Stimulus/S 2' 1 times" in found.notes[0]
    assert "--stim-label" in found.notes[0]
    assert not pulse_annotations(PATH, annotated("stimulator off", "button", "Stim end"), None).annotations


def test_a_label_takes_those_that_begin_with_it() -> None:
    marks = annotated("Stimulus/S  1", "Stimulus/S  2", "Stimulus/S 12", "needle")
    assert len(pulse_annotations(PATH, marks, "stimulus").annotations) == 3
    assert [each.onset_s for each in pulse_annotations(PATH, marks, "Stimulus/S 1").annotations] == [0.0]
    with pytest.raises(DeviceRefused, match="no annotation 'TMS'; it has 'Stimulus/S 1' 1 times"):
        pulse_annotations(PATH, marks, "TMS")


def test_the_programs_own_words_count_first_and_what_they_leave_out_is_reported() -> None:
    found = pulse_annotations(PATH, annotated("stim", "TTL", "stim-not-delivered", "entry redirect"), None)
    assert [each.text for each in found.annotations] == ["stim"]
    assert found.notes == ("annotations of a.edf that are not 'stim' ('ttl' 1 times) are not taken for pulses",)
    assert pulse_annotations(PATH, annotated("entry redirect", "stim-unconfirmed"), None).notes == ()


@pytest.mark.parametrize(
    ("text", "current_ma", "width_ms"),
    [
        ("Stim 0.5 mA", 0.5, None),
        ("TTL 1.25mA 100 us", 1.25, 0.1),
        ("Trigger 0.2 ms", None, 0.2),
        ("Stim 5", None, None),
    ],
)
def test_values_in_the_words_of_others_are_read(text: str, current_ma: float | None, width_ms: float | None) -> None:
    pulse = parse_pulse(PATH, Annotation(0.1, text), 1000.0)
    assert (pulse.current_ma, pulse.width_ms) == (current_ma, width_ms)


def test_pulses_that_differ_in_their_values_only_are_of_one_kind() -> None:
    assert len(pulse_annotations(PATH, annotated("Stim 0.5 mA", "Stim 0.7 mA", "Stim 1 mA"), None).annotations) == 3
