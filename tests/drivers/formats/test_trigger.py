"""Pulses of a trigger line: its rest and threshold are found, and what is only noise is refused."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.formats.trigger import find_trigger_pulses

RATE, PULSES = 4000, [4000 + 2000 * k for k in range(13)]


def line(high: float, rest: float = 0.0, width: int = 8) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    values = np.full(8 * RATE, rest)
    for pulse in PULSES:
        values[pulse : pulse + width] = high
    return values


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize(
    ("high", "rest", "width"),
    [(1.0, 0.0, 1), (5.0, 0.0, 8), (0.0, 5.0, 8), (-1.0, 0.0, 3), (130.0, 128.0, 8), (5.0, 0.0, 990), (1e-6, 0.0, 2)],
)
def test_a_clean_line_has_a_pulse_at_each_departure_from_its_rest(high: float, rest: float, width: int) -> None:
    assert find_trigger_pulses(line(high, rest, width)).samples == tuple(PULSES)


@pytest.mark.parametrize("rest", [0.0, 0.03, 5.0, -2.0])
def test_noise_and_an_offset_at_rest_are_no_pulses(rest: float) -> None:
    values = line(rest + 4.0, rest)
    assert find_trigger_pulses(values + rng().normal(0, 0.01, len(values))).samples == tuple(PULSES)
    rounded = np.round(values * 1000 + rng().normal(0, 0.4, len(values)))
    assert find_trigger_pulses(rounded).samples == tuple(PULSES)


def test_slow_edges_and_ringing_are_one_pulse_each() -> None:
    ringing = np.exp(-np.arange(20) / 4) * np.cos(np.arange(20) * 2.0)
    values = np.convolve(line(5.0, width=30), [0.3, 0.5, 0.2])[: 8 * RATE]
    for pulse in PULSES:
        values[pulse + 2 : pulse + 22] += ringing
    values += rng().normal(0, 0.005, len(values))
    found = find_trigger_pulses(values).samples
    assert len(found) == 13
    assert np.abs(np.array(found) - PULSES).max() <= 1


def test_currents_of_different_size_are_all_pulses() -> None:
    values = np.zeros(8 * RATE)
    for number, pulse in enumerate(PULSES):
        values[pulse : pulse + 4] = 1.0 + number / 3
    assert find_trigger_pulses(values).samples == tuple(PULSES)
    assert find_trigger_pulses(values + rng().normal(0, 0.01, len(values))).samples == tuple(PULSES)


def test_codes_count_whatever_their_size() -> None:
    values = np.zeros(8 * RATE)
    for number, pulse in enumerate(PULSES):
        values[pulse : pulse + 8] = [1, 255, 2, 16][number % 4]
    assert find_trigger_pulses(values).samples == tuple(PULSES)


@pytest.mark.parametrize("kind", ["noise", "noise of a few bits", "sine", "ramp", "mostly on", "nan"])
def test_what_is_no_trigger_line_is_refused(kind: str) -> None:
    noise = rng().normal(0, 1.0, 8 * RATE)
    values = {
        "noise": noise,
        "noise of a few bits": np.round(2 * noise),
        "sine": np.sin(np.arange(8 * RATE) / 50),
        "ramp": np.linspace(0, 1, 8 * RATE),
        "mostly on": np.where(np.arange(8 * RATE) % 100 < 95, np.arange(8 * RATE) % 7 + 3.0, 0.0),
        "nan": np.where(noise > 2, np.nan, 0.0),
    }[kind]
    found = find_trigger_pulses(values)
    assert found.refused
    assert not found.samples


def test_a_line_that_never_leaves_its_rest_has_no_pulse_and_is_not_refused() -> None:
    assert find_trigger_pulses(np.full(100, 5.0)).samples == ()
    assert find_trigger_pulses(np.full(100, 5.0)).refused is None
