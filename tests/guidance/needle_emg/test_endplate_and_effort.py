"""End-plates by their lack of rhythm; the pattern of a second, and whether it fits the effort asked for."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.needle_emg.effort import Seen, judge_effort
from guidance.needle_emg.endplate import plate_activity
from guidance.needle_emg.potential_detector import PotentialFinder
from guidance.signal.sweep.basis import Array
from tests.guidance.needle_emg.made import RATE_HZ, laid, times, unit_wave

PLATE = unit_wave(350.0, 150.0, negative_first=True)


def plates(uv: Array) -> bool:
    found = plate_activity(PotentialFinder(RATE_HZ).feed(uv), len(uv) / RATE_HZ, RATE_HZ)
    return found is not None and found.is_found


def test_irregular_potentials_that_begin_negative_come_from_end_plates() -> None:
    at = np.sort(np.random.default_rng(5).uniform(0.1, 1.9, 50))
    assert plates(laid(2.0, [(float(t), PLATE) for t in at]))


def test_the_same_with_a_rhythm_do_not() -> None:
    assert not plates(laid(2.0, [(t, PLATE) for t in times(25.0, 2.0, cv=0.1)]))


def test_irregular_potentials_that_begin_positive_do_not() -> None:
    at = np.sort(np.random.default_rng(5).uniform(0.1, 1.9, 50))
    assert not plates(laid(2.0, [(float(t), unit_wave(350.0, 150.0)) for t in at]))


@pytest.mark.parametrize(
    ("seen", "pattern"),
    [(Seen(0, 0, 0.0), "silent"), (Seen(12, 2, 0.1), "single units"), (Seen(40, 6, 0.3), "mixed"),
     (Seen(90, 9, 0.8), "full"), (Seen(30, 2, 0.1, is_plate=True), "end-plate")],
)  # fmt: skip
def test_a_second_is_named_by_its_pattern(seen: Seen, pattern: str) -> None:
    assert seen.pattern == pattern


@pytest.mark.parametrize(
    ("phase", "seen", "fits"),
    [("rest", Seen(0, 0, 0.0), True), ("rest", Seen(40, 6, 0.3), False), ("slight", Seen(0, 0, 0.0), False),
     ("slight", Seen(12, 2, 0.1), True), ("slight", Seen(90, 9, 0.8), False), ("full", Seen(90, 9, 0.8), True),
     ("full", Seen(12, 2, 0.1), False), (None, Seen(12, 2, 0.1), None)],
)  # fmt: skip
def test_each_effort_has_its_right_pattern(phase: str | None, seen: Seen, fits: bool | None) -> None:
    told, text = judge_effort(phase, seen)  # type: ignore[arg-type]
    assert told is fits
    assert text.endswith(".")


def test_where_no_effort_was_asked_for_it_says_so() -> None:
    assert judge_effort(None, Seen(90, 9, 0.8)) == (None, "No effort was asked for yet.")
