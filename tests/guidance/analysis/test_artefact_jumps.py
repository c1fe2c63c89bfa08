"""Jumps of the signal are found, and the steep flank of a potential is no stimulus."""

from __future__ import annotations

import numpy as np

from guidance.analysis.artefact_jumps import follow_artefacts, follow_jumps, jumps
from guidance.signal.sweep.basis import Array

RATE_HZ = 20_000.0
AT = np.array([2000, 6000, 10_000])
MS = round(RATE_HZ / 1e3)


def _noise(seed: int = 3) -> Array:
    return np.asarray(np.random.default_rng(seed).standard_normal(14_000))


def _with(wave: Array, first: int) -> Array:
    uv = _noise()
    for at in AT:
        uv[at + first : at + first + len(wave)] += wave
    return uv


def test_a_jump_from_one_sample_to_the_next_is_found_and_a_flank_is_none() -> None:
    uv = np.random.default_rng(3).standard_normal(4000)
    uv[1000:1020] += 500 * np.exp(-np.arange(20) / 4)
    uv[2000:2040] += 500 * np.sin(np.pi * np.arange(40) / 40)
    assert jumps(uv, RATE_HZ).tolist() == [999]
    assert not len(jumps(uv, 4000.0))


def test_waves_after_a_jump_from_a_flat_signal_follow_a_stimulus() -> None:
    uv = _with(500 * np.exp(-np.arange(3 * MS) / MS), 0)
    found = jumps(uv, RATE_HZ)
    assert len(found) == len(AT)
    for late_ms in (0, 5, 25):
        assert follow_artefacts(AT + late_ms * MS, found, uv, RATE_HZ, 1.0)
    assert not follow_artefacts(AT + 60 * MS, found, uv, RATE_HZ, 1.0)


def test_a_steep_flank_of_a_wave_that_has_begun_before_is_no_stimulus() -> None:
    rise = 150 * np.sin(np.linspace(0, np.pi / 2, MS))
    wave = np.concatenate([rise, -300 * np.exp(-np.arange(2 * MS) / MS)])
    uv = _with(wave, -MS)
    found = jumps(uv, RATE_HZ)
    assert follow_jumps(AT, found, RATE_HZ)
    assert not follow_artefacts(AT, found, uv, RATE_HZ, 1.0)


def test_without_jumps_or_waves_nothing_follows_a_stimulus() -> None:
    none = np.zeros(0, dtype=int)
    assert not follow_jumps(AT, none, RATE_HZ)
    assert not follow_artefacts(none, AT, _noise(), RATE_HZ, 1.0)
