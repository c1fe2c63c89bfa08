"""Onsets that are onsets or not known; slow waves; activity about the window; what an unsure sweep may hide."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.signal.response.burst import ActivityMonitor, samples_after
from guidance.signal.response.measures import begin_of, is_slow, is_step
from guidance.signal.response.separation import SeparatedSweep
from guidance.signal.sweep.ring_buffer import RingBuffer
from tests.support.some import some
from tests.support.streams import evoked, responses, settings
from tests.support.waves import Wave, add, m_wave, motor_unit, noise

RATE_HZ = 5000.0
TIMES_MS = 0.5 + np.arange(120) / RATE_HZ * 1e3
INSIDE = TIMES_MS >= 2.0
WINDOW_MS = (2.0, 25.0)


def separated(wave: Wave, sd_uv: float) -> SeparatedSweep:
    return SeparatedSweep(wave, np.full(len(wave), sd_uv), np.zeros(len(wave)))


def at(begin_ms: float, wave: Wave) -> Wave:
    out = np.zeros(len(TIMES_MS))
    first = int(np.searchsorted(TIMES_MS, begin_ms))
    out[first : first + len(wave)] = wave[: len(out) - first]
    return out


def test_the_onset_is_that_of_a_small_first_phase() -> None:
    wave = at(6.0, m_wave(RATE_HZ, 2000.0)) + at(4.0, 120.0 * np.sin(np.pi * np.arange(11) / 10))
    begin = begin_of(separated(wave, 5.0), TIMES_MS, INSIDE)
    assert begin.is_onset
    assert begin.ms == pytest.approx(4.0, abs=0.3)


def test_a_wave_that_is_there_at_the_first_visible_sample_has_no_onset() -> None:
    wave = 500.0 * np.exp(-TIMES_MS / 8.0)
    assert not begin_of(separated(wave, 5.0), TIMES_MS, INSIDE).is_onset


def test_what_an_artefact_left_before_a_response_is_not_its_onset() -> None:
    wave = at(8.0, m_wave(RATE_HZ, 600.0))
    wave[(TIMES_MS > 4.0) & (TIMES_MS < 8.0)] += 90.0
    wave[TIMES_MS <= 4.0] += 50.0
    assert not begin_of(separated(wave, 5.0), TIMES_MS, INSIDE).is_onset


def test_an_onset_that_noise_hides_is_not_known() -> None:
    wave = at(6.0, m_wave(RATE_HZ, 200.0))
    assert begin_of(separated(wave, 4.0), TIMES_MS, INSIDE).is_onset
    assert not begin_of(separated(wave, 25.0), TIMES_MS, INSIDE).is_onset


def test_a_heartbeat_is_slow_and_a_response_is_not() -> None:
    heartbeat = 200.0 * np.exp(-(((TIMES_MS - 13.0) / 9.0) ** 2))
    assert is_slow(separated(heartbeat, 5.0), INSIDE, TIMES_MS)
    assert not is_slow(separated(at(5.0, m_wave(RATE_HZ, 200.0, 14.0)), 5.0), INSIDE, TIMES_MS)


@pytest.mark.parametrize("peak_ms", [2.0, 8.0, 18.0, 26.0])
def test_a_part_of_a_heartbeat_with_a_shifted_baseline_is_slow(peak_ms: float) -> None:
    heartbeat = 200.0 * np.exp(-(((TIMES_MS - peak_ms) / 9.0) ** 2)) - 60.0
    assert is_slow(separated(heartbeat, 5.0), INSIDE, TIMES_MS)


def test_a_cable_steps_and_a_response_turns() -> None:
    after = np.maximum(TIMES_MS - 12.0, 0.0)
    for decay_ms in (6.0, 80.0):
        cable = 300.0 * (1.0 - np.exp(-after / 0.5)) * np.exp(-after / decay_ms)
        assert is_step(cable, TIMES_MS, 2.0, 12.0)
    assert not is_step(at(12.0, m_wave(RATE_HZ, 300.0)), TIMES_MS, 2.0, 12.0)


def activity_ratio(before: Wave, after: Wave) -> float:
    """How many times louder than ``before`` the pulse at its end the stretch ``after`` its window is."""
    history = RingBuffer(1, 8 * int(RATE_HZ))
    window = np.zeros(round(WINDOW_MS[1] * RATE_HZ / 1e3))
    history.append(0, np.concatenate([before, window, after])[:, None].astype(np.float32))
    monitor = ActivityMonitor(0, WINDOW_MS, RATE_HZ)
    monitor.before(before, history, len(before))
    activity = monitor.after(history, len(before))
    assert activity is not None
    return activity.ratio


def units(count: int, every: int, peak_uv: float) -> Wave:
    signal = noise(np.random.default_rng(1), count, 5.0)
    unit = motor_unit(RATE_HZ, peak_uv)
    for first in range(20, count - len(unit), every):
        signal[first : first + len(unit)] += unit
    return signal


def test_activity_that_goes_on_as_before_is_no_burst_and_one_that_begins_is() -> None:
    length = samples_after(WINDOW_MS, RATE_HZ)
    assert activity_ratio(units(2000, 60, 300.0), units(length, 60, 300.0)) < 2.0
    assert activity_ratio(units(2000, 5000, 0.0), units(length, 60, 300.0)) > 2.5


def test_a_contraction_that_began_just_before_the_pulse_is_louder_than_usual() -> None:
    quiet, loud = units(2000, 5000, 0.0), units(200, 60, 300.0)
    assert activity_ratio(np.concatenate([quiet, loud]), units(samples_after(WINDOW_MS, RATE_HZ), 5000, 0.0)) > 2.5


def ratio_after_pulses(tail: Wave, contraction: Wave) -> float:
    """How loud the stretch after the sixth pulse is, where ``tail`` follows all six and ``contraction`` the sixth."""
    every = round(0.5 * RATE_HZ)
    signal = noise(np.random.default_rng(4), 8 * every, 5.0)
    history, monitor = RingBuffer(1, len(signal)), ActivityMonitor(0, WINDOW_MS, RATE_HZ)
    pulses = [every * (number + 1) for number in range(6)]
    for pulse in pulses:
        add(signal, pulse, tail)
    add(signal, pulses[-1] + round(WINDOW_MS[1] * RATE_HZ / 1e3), contraction)
    history.append(0, signal[:, None].astype(np.float32))
    for pulse in pulses:
        monitor.before(signal[pulse - 3000 : pulse - 10], history, pulse)
    activity = monitor.after(history, pulses[-1])
    assert activity is not None
    return activity.ratio


def test_what_follows_every_pulse_is_no_contraction_and_what_comes_beside_it_is() -> None:
    tail, contraction = units(700, 90, 200.0), units(400, 60, 200.0)
    assert ratio_after_pulses(tail, np.zeros(1)) < 2.5
    assert ratio_after_pulses(np.zeros(1), contraction) > 2.5
    assert ratio_after_pulses(tail, contraction) > 2.5


def test_a_sweep_whose_largest_wave_may_be_a_response_is_contaminated() -> None:
    stream = evoked(22.0, 60, silent=6, noise_uv=8.0)
    unsure = [
        response
        for response in responses(stream, settings(criterion_uv=20.0))
        if not response.detected and response.p_value is not None and 0.01 <= response.p_value < 0.3
    ]
    assert all(response.contaminated for response in some(unsure))
