"""Findings that a recording does not allow are not assessable, with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.base import Channel, DeviceInfo
from guidance.analysis.findings import Evidence
from guidance.analysis.interference import interference
from guidance.analysis.motor_units import measure_units
from guidance.analysis.needle import study, unfit
from guidance.analysis.reading import RecordedSignal, _clipped
from guidance.analysis.spontaneous import classify
from guidance.signal.sweep.basis import Array

RATE_HZ = 10_000.0
NOISE = 4.0 * np.random.default_rng(1).standard_normal(60_000)


def signal(uv: Array, sample_rate_hz: float = RATE_HZ) -> RecordedSignal:
    return RecordedSignal(
        "made", DeviceInfo("made", "", "made:", sample_rate_hz, (Channel("EMG"),)), uv, (), _clipped(uv)
    )


TONE = 200.0 * np.sin(2 * np.pi * 300 * np.arange(60_000) / RATE_HZ)
MAINS = 200.0 * np.sin(2 * np.pi * 50 * np.arange(60_000) / RATE_HZ)


@pytest.mark.parametrize(
    ("recording", "word"),
    [
        (signal((60 * NOISE).clip(-150, 150)), "clipped"),
        (signal(NOISE + MAINS), "mains"),
        (signal(NOISE + TONE), "a tone of 300 Hz"),
        (signal(NOISE[:5000]), "long"),
        (signal(np.zeros(0)), "long"),
        (signal(np.full(60_000, 7.0)), "flat"),
        (signal(np.full(60_000, np.nan)), "long"),
        (signal(NOISE, 1000.0), "1000 Hz"),
    ],
)
def test_an_unfit_recording_is_not_assessable_with_a_reason(recording: RecordedSignal, word: str) -> None:
    findings = study(recording, None).findings
    assert {finding.word for finding in findings} == {"not assessable"}
    assert all(word in finding.why for finding in findings)


def test_a_silent_muscle_is_fit_and_has_nothing_to_measure() -> None:
    assert unfit(signal(NOISE)) is None
    result = study(signal(NOISE), None)
    words = {finding.name: finding.word for finding in result.findings}
    assert words["spontaneous activity"] == "not suggested"
    assert words["myopathic pattern"] == words["neurogenic pattern"] == "not assessable"


def test_a_pattern_of_turns_without_motor_units_suggests_no_pattern_and_rules_none_out() -> None:
    t = np.arange(60_000) / RATE_HZ
    crowd = 300.0 * np.sin(2 * np.pi * (97 * t + 2.0 * np.sin(2 * np.pi * 1.3 * t)))
    assert interference(crowd + NOISE, RATE_HZ).turns_per_mv is not None
    found = {f.name: f for f in study(signal(crowd + NOISE), None).findings}
    assert found["myopathic pattern"].word == found["neurogenic pattern"].word == "not assessable"
    assert "motor units were distinguished" in found["myopathic pattern"].why


def test_lost_samples_are_neither_units_nor_turns() -> None:
    holed = NOISE.copy()
    holed[10_000:30_000] = np.nan
    assert measure_units(holed, RATE_HZ).units == ()
    assert interference(holed, RATE_HZ).turns_per_mv is None


def test_turns_and_amplitude_of_a_known_wave() -> None:
    t = np.arange(60_000) / RATE_HZ
    pattern = interference(300.0 * np.sin(2 * np.pi * 100 * t), RATE_HZ)
    assert pattern.median_turns_per_s == pytest.approx(200.0, rel=0.03)
    assert pattern.median_uv_per_turn == pytest.approx(600.0, rel=0.02)
    assert pattern.turns_per_mv == pytest.approx(333.0, rel=0.05)


@pytest.mark.parametrize("hz", [27.0, 55.0, 150.0, 202.0, 300.0])
def test_a_tone_that_waxes_and_wanes_is_no_myotonic_discharge(hz: float) -> None:
    t = np.arange(20_000) / RATE_HZ
    tone = 200 * (1 + 0.5 * np.sin(2 * np.pi * 0.7 * t)) * np.sin(2 * np.pi * hz * t)
    assert classify(NOISE[:20_000] + tone, RATE_HZ).label != "myotonic"


def test_a_pattern_that_one_measure_alone_could_show_is_not_assessable() -> None:
    one = Evidence(pro=["the duration is below the range"])
    found = one.finding("myopathic pattern")
    assert (found.word, found.evidence_for) == ("not assessable", ("the duration is below the range",))
    assert Evidence(pro=["a"], con=["b"]).finding("x").word == "not suggested"
    assert Evidence(pro=["a", "b"]).finding("x").word == "suggested"
