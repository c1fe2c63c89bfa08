"""Potentials that become sharper or duller are noticed within half a second, and none that stay as they are."""

from __future__ import annotations

import pytest

from guidance.needle_emg.potential_detector import PotentialDetector
from guidance.needle_emg.tendency import Tendency
from guidance.signal.sweep.basis import Array
from tests.support.synthetic_emg import RATE_HZ, laid, times, unit_wave

CHANGES_S, SECONDS = 3.0, 5.0
SHARP, BLUNT = unit_wave(250.0, 600.0), unit_wave(700.0, 350.0)


def changes(before: Array, after: Array, cuts: int = 1000) -> list[tuple[float, str | None]]:
    """When each change was known in s, and what it is."""
    firings = times(18.0, SECONDS)
    uv = laid(SECONDS, [(at, before if at < CHANGES_S else after) for at in firings])
    detector, tendency = PotentialDetector(RATE_HZ), Tendency(RATE_HZ)
    found = [each for first in range(0, len(uv), cuts) for each in detector.feed(uv[first : first + cuts])]
    return [(each.known_at / RATE_HZ, tendency.add(each)) for each in found]


@pytest.mark.parametrize(("before", "after", "change"), [(BLUNT, SHARP, "sharper"), (SHARP, BLUNT, "duller")])
def test_a_change_is_known_within_half_a_second(before: Array, after: Array, change: str) -> None:
    found = changes(before, after)
    assert {each for at, each in found if at < CHANGES_S} == {None}
    assert {each for at, each in found if each} == {change}
    assert min(at for at, each in found if each) <= CHANGES_S + 0.5


def test_nothing_is_known_where_potentials_stay_as_they_are() -> None:
    assert {each for _, each in changes(SHARP, SHARP)} == {None}


def test_the_block_size_changes_nothing() -> None:
    assert changes(BLUNT, SHARP, 37) == changes(BLUNT, SHARP)


def test_a_change_is_over_when_potentials_cease_or_another_effort_is_requested() -> None:
    tendency = Tendency(RATE_HZ)
    uv = laid(3.6, [(at, BLUNT if at < CHANGES_S else SHARP) for at in times(18.0, 3.6)])
    for potential in PotentialDetector(RATE_HZ).feed(uv):
        tendency.add(potential)
    now = potential.known_at
    assert tendency.at(now) == "sharper"
    assert tendency.at(now + round(0.5 * RATE_HZ)) is None
    tendency.restart()
    assert tendency.at(now) is None
