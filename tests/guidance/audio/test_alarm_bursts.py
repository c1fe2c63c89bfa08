"""Alarm bursts against IEC 60601-1-8 (2006) as far as the reference quotes it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from guidance.audio.alarm_bursts import BURSTS, render
from guidance.audio.samples import ALARMS, render_sample, sound_samples
from guidance.audio.waveforms import SAMPLE_RATE_HZ, Waveform
from guidance.cue import MAPPINGS
from tests.support.alarm_signals import judged, measured_pulses
from tests.support.some import some
from tests.support.sound_recognition import is_alarm, peaks_hz, pulses, recognised

GUIDANCE = [(name, each.name) for name in MAPPINGS for each in sound_samples(name)]


def sample(name: str, sample_name: str) -> Waveform:
    return render_sample(next(each for each in sound_samples(name) if each.name == sample_name))


def gaps(priority: str) -> list[float]:
    burst = BURSTS[priority]
    return [b - a - burst.pulse_s for a, b in pairwise(burst.starts_s)]


@pytest.mark.parametrize(("priority", "count"), [("high", 10), ("medium", 3), ("low", 2)])
def test_a_burst_has_the_pulses_of_its_priority(priority: str, count: int) -> None:
    assert len(BURSTS[priority].pitches_hz) == count
    assert len(pulses(render(BURSTS[priority]))) == count


@pytest.mark.parametrize(
    ("priority", "least_s", "most_s"), [("high", 0.075, 0.2), ("medium", 0.125, 0.25), ("low", 0.125, 0.25)]
)
def test_pulses_are_as_long_as_their_priority_has_them(priority: str, least_s: float, most_s: float) -> None:
    assert least_s <= BURSTS[priority].pulse_s <= most_s


def test_the_ten_pulses_of_high_priority_are_grouped_3_2_and_3_2() -> None:
    measured = gaps("high")
    x, pulse_s = measured[0], BURSTS["high"].pulse_s
    assert 0.05 <= x <= 0.125
    assert measured == pytest.approx([x, x, 2 * x + pulse_s, x, measured[4], x, x, 2 * x + pulse_s, x])
    assert 0.35 <= measured[4] <= 1.30


@pytest.mark.parametrize("priority", ["medium", "low"])
def test_gaps_of_lower_priorities_are_125_to_250_ms(priority: str) -> None:
    assert all(0.125 <= gap <= 0.25 for gap in some(gaps(priority)))


@pytest.mark.parametrize(
    ("priority", "least_s", "most_s"), [("high", 2.5, 15.0), ("medium", 2.5, 30.0), ("low", 15.0, 1e9)]
)
def test_bursts_come_again_within_the_times_of_their_priority(priority: str, least_s: float, most_s: float) -> None:
    burst = BURSTS[priority]
    for pause_s in (burst.pause_s, burst.passed_pause_s):
        assert least_s <= pause_s
        assert pause_s + burst.length_s <= most_s


@pytest.mark.parametrize("priority", BURSTS)
def test_the_spectrum_has_four_harmonics_and_more_within_15_db(priority: str) -> None:
    measured = peaks_hz(render(BURSTS[priority]))
    assert 150 <= measured[0] <= 1000
    assert sum(300 <= hz <= 4000 for hz in measured) >= 4


@pytest.mark.hazard("deaf-ear")
@pytest.mark.parametrize("priority", BURSTS)
def test_every_measure_of_an_alarm_meets_the_standard(priority: str) -> None:
    assert [criterion for criterion in judged(priority) if not criterion.met] == []


@pytest.mark.parametrize("rise_s", [0.008, 0.04])
def test_a_pulse_is_measured_as_it_was_synthesised(rise_s: float) -> None:
    t = np.arange(round(0.2 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    wave = sum(np.sin(2 * np.pi * 300 * k * t) for k in range(1, 6))
    (measured,) = measured_pulses(0.1 * wave * np.clip(np.minimum(t, 0.2 - t) / rise_s, 0.0, 1.0))
    assert measured.up90_s - measured.up10_s == pytest.approx(0.8 * rise_s, abs=0.0015)
    assert measured.down10_s - measured.up10_s == pytest.approx(0.2 - 0.2 * rise_s, abs=0.004)
    assert measured.fundamental_hz == pytest.approx(300, abs=3)
    assert measured.harmonics == 5


@pytest.mark.parametrize("priority", BURSTS)
def test_pulses_of_a_burst_differ_by_less_than_10_db(priority: str) -> None:
    samples, burst = render(BURSTS[priority]).astype(float), BURSTS[priority]
    starts = [round(start_s * SAMPLE_RATE_HZ) for start_s in burst.starts_s]
    levels = [np.sqrt(np.mean(samples[at : at + round(burst.pulse_s * SAMPLE_RATE_HZ)] ** 2)) for at in starts]
    assert 20 * np.log10(max(levels) / min(levels)) <= 10


@pytest.mark.parametrize("priority", BURSTS)
def test_an_alarm_passes_the_criteria_of_alarms_and_is_recognised_by_its_first_second(priority: str) -> None:
    second = sample(ALARMS, priority)[:SAMPLE_RATE_HZ]
    assert is_alarm(second)
    assert recognised(second) == priority


@pytest.mark.parametrize(("name", "sample_name"), GUIDANCE)
def test_no_guidance_passes_the_criteria_of_alarms(name: str, sample_name: str) -> None:
    samples = sample(name, sample_name)
    assert not any(
        is_alarm(samples[at : at + SAMPLE_RATE_HZ]) for at in range(0, len(samples) - SAMPLE_RATE_HZ + 1, 12_000)
    )


@pytest.mark.parametrize(
    ("name", "sample_name"), [pair for pair in GUIDANCE if pair[1] not in {"answers", "potentials"}]
)
def test_a_zone_is_recognised_by_the_first_second_of_its_sound(name: str, sample_name: str) -> None:
    assert recognised(sample(name, sample_name)[:SAMPLE_RATE_HZ], name) == sample_name


@pytest.mark.parametrize("level_db", [-30.0, 0.0])
@pytest.mark.parametrize("name", ["tempo", ALARMS])
def test_recognition_does_not_depend_on_the_loudspeaker(name: str, level_db: float) -> None:
    noise = np.random.default_rng(1).normal(0.0, 0.001, SAMPLE_RATE_HZ)
    for each in some(sound_samples(name)):
        second = render_sample(each)[:SAMPLE_RATE_HZ]
        assert recognised((second + noise[: len(second)]) * 10 ** (level_db / 20)) == each.name
