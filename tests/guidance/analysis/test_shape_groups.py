"""Potentials of a recording are grouped by the shape of their spike, and superimposed ones begin no group."""

from __future__ import annotations

from collections import Counter

from guidance.analysis.shape_groups import ShapeGroups
from guidance.needle_emg.potential_detector import PotentialDetector
from tests.support.synthetic_emg import RATE_HZ, laid, times, unit_wave


def test_two_shapes_have_a_group_each() -> None:
    one = [(at, unit_wave(300.0, 500.0)) for at in times(7.0, 6.0, seed=3)]
    other = [(at, unit_wave(900.0, 300.0, negative_first=True)) for at in times(11.0, 6.0, seed=4, start_s=0.35)]
    groups = ShapeGroups(RATE_HZ)
    for potential in PotentialDetector(RATE_HZ).feed(laid(6.0, [*one, *other])):
        groups.sort(potential)
    counts = Counter({group.number: group.count for group in groups.groups}).most_common(2)
    assert sum(count for _, count in counts) >= 0.75 * (len(one) + len(other))


def test_a_single_potential_is_a_group() -> None:
    groups = ShapeGroups(RATE_HZ)
    (potential,) = PotentialDetector(RATE_HZ).feed(laid(1.0, [(0.5, unit_wave(300.0, 500.0))]))
    group = groups.sort(potential)
    assert group is not None
    assert (group.count, groups.groups) == (1, [group])


def test_superimposed_potentials_begin_no_group() -> None:
    crowd = [(at, unit_wave(300.0 + 40 * k, 400.0)) for k in range(6) for at in times(25.0, 1.5, seed=k)]
    groups, detector = ShapeGroups(RATE_HZ), PotentialDetector(RATE_HZ)
    before = [groups.sort(p) for p in detector.feed(laid(1.5, crowd)) if p.is_mixed]
    assert before
    assert all(group is None for group in before)
