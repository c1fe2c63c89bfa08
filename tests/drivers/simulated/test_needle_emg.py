"""The simulated recording needle: its signal follows from its position."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.simulated.needle_emg import SimulatedNeedleEmg
from drivers.simulated.needle_field import STEP_MS, FibreField
from drivers.simulated.patient import Patient

RATE_HZ = 10_000
FIELD = FibreField()


def fibre(radius_mm: float, offset_mm: float = 10.0) -> np.ndarray:
    return FIELD.sum(np.array([radius_mm]), np.array([offset_mm]), np.zeros(1))


def edge_ms(wave: np.ndarray) -> float:
    """Return the time from the positive peak to the negative peak after it."""
    low = int(wave.argmin())
    return (low - int(wave[:low].argmax())) * STEP_MS


def test_a_nearer_fibre_is_larger_and_rises_faster() -> None:
    sizes = [float(np.ptp(fibre(radius))) for radius in (0.1, 0.3, 1.0, 3.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 30 * sizes[2]
    assert edge_ms(fibre(0.1)) < 0.4 < edge_ms(fibre(0.6))


def test_a_fibre_begins_positive_but_at_its_end_plate() -> None:
    away, at_plate = fibre(0.2, 10.0), fibre(0.2, 0.0)
    assert away[: int(away.argmin())].max() > 0.2 * -away.min()
    assert at_plate[: int(at_plate.argmin())].max() < 0.05 * -at_plate.min()


def patient(start_mm: float, seed: int = 1) -> Patient:
    made = Patient(seed, sample_rate_hz=RATE_HZ, needle=True, scenario="hold", start_mm=start_mm, still=True)
    made.voluntary.commanded_effort = 0.3
    return made


def test_the_signal_grows_as_the_needle_enters_the_muscle() -> None:
    far, near = (float(np.ptp(patient(mm).advance(2 * RATE_HZ))) for mm in (18.0, 1.0))
    assert near > 5 * far


def test_a_muscle_at_rest_is_silent_away_from_its_end_plates_and_active_near_them() -> None:
    made = patient(1.0)
    needle = made.voluntary
    assert isinstance(needle, SimulatedNeedleEmg)
    made.voluntary.commanded_effort = 0.0
    tip = made.motion.tip(0.0)
    needle.plates_mm = tip.aside_mm + 10.0
    away = needle.fire(0.0, 1.0)
    needle.plates_mm, needle._spots = tip.aside_mm, np.array([tip.ahead_mm])
    assert away == []
    assert len(needle.fire(1.0, 2.0)) > 20


def test_how_time_is_cut_changes_nothing() -> None:
    whole, parts = patient(3.0), patient(3.0)
    once = whole.advance(6000)
    cut = np.concatenate([parts.advance(n) for n in (1, 499, 2500, 3000)])
    assert np.array_equal(once, cut)


@pytest.mark.parametrize("channels", [2, 3])
def test_surface_channels_see_a_small_share(channels: int) -> None:
    made = Patient(1, sample_rate_hz=RATE_HZ, channels=channels, needle=True, scenario="hold", start_mm=1.0, still=True)
    made.voluntary.commanded_effort = 0.5
    waves = [wave for _, wave in made.voluntary.fire(0.0, 0.5)]
    assert waves
    assert all(np.allclose(wave[:, 1:], 0.05 * wave[:, :1]) for wave in waves)
