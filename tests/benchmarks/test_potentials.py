"""The matcher of potentials with recorded sound finds what is there, and nothing where they do not belong together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from guidance.audio.waveforms import response_tone
from tests.benchmarks.potentials import UNITS, Matched, Potentials, by_shape, by_tones
from tests.support.pulse_audio import RATE_HZ, Recording
from tests.support.synthetic_emg import unit_wave

SECONDS, LATE_S = 4.0, 0.021


def played(seed: int = 1) -> Potentials:
    made = Potentials(SECONDS, seed)
    made.began_s = 100.0
    return made


def recorded(made: Potentials, *, shapes: bool = False, late_s: float = LATE_S, but: int = 0) -> Recording:
    """A sound for each potential but the first few, ``late_s`` after its peak."""
    samples = np.zeros(round(made.lasts_s * RATE_HZ))
    for peak, unit in list(zip(made.peaks, made.units, strict=True))[but:]:
        first = round((peak / made.rate_hz + late_s) * RATE_HZ)
        sound = response_tone(UNITS[unit][1], brief=True)
        if shapes:
            sound = (resample_poly(unit_wave(*UNITS[unit]), 24, 5) / 1500).astype(np.float32)
            first -= round(0.006 * RATE_HZ)
        samples[first : first + len(sound)] += sound
    return Recording(samples, 100.0)


def test_every_tone_is_matched_with_its_potential_and_its_delay_is_that() -> None:
    made = played()
    found = by_tones(made, recorded(made))
    assert (len(found.delays_ms), found.unexplained) == (found.potentials, 0)
    assert found.delays_ms == pytest.approx([1e3 * LATE_S] * found.potentials, abs=0.5)
    assert found.by_chance is not None
    assert found.by_chance < 0.3 * found.potentials


def test_potentials_without_a_tone_are_not_matched() -> None:
    made = played()
    assert len(by_tones(made, recorded(made, but=7)).delays_ms) == len(made.peaks) - 7


@pytest.mark.parametrize("late_s", [-0.01, 0.072])
def test_tones_too_early_or_too_late_are_not_explained(late_s: float) -> None:
    made = played()
    found = by_tones(made, recorded(made, late_s=late_s))
    assert len(found.delays_ms) < 0.4 * found.potentials
    assert found.unexplained == found.potentials - len(found.delays_ms)


def test_tones_of_another_pitch_are_not_explained() -> None:
    made, other = played(), played()
    other.units = (made.units + 1) % len(UNITS)
    found = by_tones(made, recorded(other))
    assert (found.delays_ms, found.unexplained) == ([], found.potentials)


def test_potentials_are_found_by_their_shape_and_of_another_signal_hardly_any() -> None:
    made = played()
    found = by_shape(made, recorded(made, shapes=True))
    assert found.delays_ms == pytest.approx([1e3 * LATE_S] * found.potentials, abs=0.5)
    assert _share(by_shape(made, recorded(played(2), shapes=True))) < 0.5


def _share(found: Matched) -> float:
    return len(found.delays_ms) / found.potentials
