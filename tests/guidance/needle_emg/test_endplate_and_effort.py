"""End-plate activity by its lack of rhythm; the pattern of a second, and whether it fits the requested effort."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.needle_emg.effort import ActivitySecond, judge_effort
from guidance.needle_emg.endplate import plate_activity
from guidance.needle_emg.potential_detector import PotentialDetector
from guidance.signal.sweep.basis import Array
from tests.support.synthetic_emg import RATE_HZ, laid, times, unit_wave

PLATE = unit_wave(350.0, 150.0, negative_first=True)


def plates(uv: Array) -> bool:
    plate = plate_activity(PotentialDetector(RATE_HZ).feed(uv), len(uv) / RATE_HZ, RATE_HZ)
    return plate is not None and plate.is_present


def test_irregular_potentials_that_begin_negative_come_from_end_plates() -> None:
    at = np.sort(np.random.default_rng(5).uniform(0.1, 1.9, 50))
    assert plates(laid(2.0, [(float(t), PLATE) for t in at]))


def test_the_same_potentials_with_a_rhythm_do_not() -> None:
    assert not plates(laid(2.0, [(t, PLATE) for t in times(25.0, 2.0, cv=0.1)]))


def test_irregular_potentials_that_begin_positive_come_from_elsewhere() -> None:
    at = np.sort(np.random.default_rng(5).uniform(0.1, 1.9, 50))
    assert not plates(laid(2.0, [(float(t), unit_wave(350.0, 150.0)) for t in at]))


@pytest.mark.parametrize(
    ("activity", "pattern"),
    [(ActivitySecond(0, 0, 0.0), "silent"), (ActivitySecond(12, 2, 0.1), "single units"),
     (ActivitySecond(40, 6, 0.3), "mixed"),
     (ActivitySecond(90, 9, 0.8), "full"), (ActivitySecond(30, 2, 0.1, is_plate=True), "end-plate")],
)  # fmt: skip
def test_a_second_is_named_by_its_pattern(activity: ActivitySecond, pattern: str) -> None:
    assert activity.pattern == pattern


@pytest.mark.parametrize(
    ("phase", "activity", "fits"),
    [("rest", ActivitySecond(0, 0, 0.0), True), ("rest", ActivitySecond(40, 6, 0.3), False),
     ("slight", ActivitySecond(0, 0, 0.0), False), ("slight", ActivitySecond(12, 2, 0.1), True),
     ("slight", ActivitySecond(90, 9, 0.8), False), ("full", ActivitySecond(90, 9, 0.8), True),
     ("full", ActivitySecond(12, 2, 0.1), False), (None, ActivitySecond(12, 2, 0.1), None)],
)  # fmt: skip
def test_each_effort_has_its_right_pattern(phase: str | None, activity: ActivitySecond, fits: bool | None) -> None:
    fits_phase, text = judge_effort(phase, activity)  # type: ignore[arg-type]
    assert fits_phase is fits
    assert text.endswith(".")


def test_without_a_requested_effort_the_text_states_that() -> None:
    assert judge_effort(None, ActivitySecond(90, 9, 0.8)) == (None, "No effort has been requested yet.")
