"""The table of a trial, which does not depend on the order of its insertions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from guidance.contracts.zones import ZONES
from guidance.trial.needle_path import SPEEDS_MM_S
from guidance.trial.result import Insertion, Moment

SIMULATION = "A SIMULATION: its results need not hold for a person."

_MOST_REASONS = 5

TrialRow = dict[str, Any]


def tabulate(insertions: Iterable[Insertion]) -> dict[str, Any]:
    """Compute all figures, as JSON types.

    Errors and shares are fractions, None without data. ``by_speed`` groups by the needle's nominal speed in mm/s (0:
    still), ``by_zone`` by the zone of the estimate.
    """
    every = sorted(insertions, key=lambda insertion: insertion.world)
    moments = [moment for insertion in every for moment in insertion.moments]
    stimuli = sum(insertion.stimuli for insertion in every)
    return {
        "simulation": True,
        "insertions": len(every),
        "stimuli": stimuli,
        "hours": round(sum(insertion.seconds for insertion in every) / 3600, 3),
        "estimate_told": _share(len(moments), stimuli),
        "by_speed": [
            {"speed_mm_s": speed} | _row(moments, lambda m, speed=speed: m.speed_mm_s == speed)
            for speed in (0.0, *SPEEDS_MM_S)
        ],
        "by_zone": [{"zone": zone} | _row(moments, lambda m, zone=zone: m.zone == zone) for zone in ZONES],
        "too_close": _too_close(every),
        "cold_start": _cold(every),
        "impedance_rise": _impedance(every),
        "by_front": _fronts(every),
        "refused": _refused(every),
    }


def _row(moments: Sequence[Moment], belongs: Callable[..., bool]) -> TrialRow:
    own = [moment for moment in moments if belongs(moment)]
    later = [moment.next_error for moment in own if moment.next_error is not None]
    covered = [moment.distance_held for moment in own if moment.distance_held is not None]
    return {
        "moments": len(own),
        "error_median": _quantile([moment.error for moment in own], 0.5),
        "next_error_median": _quantile(later, 0.5),
        "next_error_p90": _quantile(later, 0.9),
        "threshold_covered": _share(sum(moment.threshold_held for moment in own), len(own)),
        "distance_covered": _share(sum(covered), len(covered)),
    }


def _too_close(every: Sequence[Insertion]) -> TrialRow:
    results = [insertion.too_close for insertion in every]
    delays_s = [delay for result in results for delay in result.delays_s]
    pulses = [float(count) for result in results for count in result.delays_pulses]
    missed = sum(result.missed for result in results)
    hundred = len(every) / 100
    return {
        "passages": len(delays_s) + missed,
        "delay_s_median": _quantile(delays_s, 0.5),
        "delay_s_p90": _quantile(delays_s, 0.9),
        "delay_stimuli_median": _quantile(pulses, 0.5),
        "missed": missed,
        "missed_per_100": _per(missed, hundred),
        "false_per_100": _per(sum(result.false for result in results), hundred),
        "far_false_per_100": _per(sum(result.far_false for result in results), hundred),
    }


def _cold(every: Sequence[Insertion]) -> TrialRow:
    """Compute the figures of the cold starts; a search that did not end before the needle moved counts as longest."""
    searches = [insertion.cold for insertion in every if insertion.reachable]
    known = sorted(count for count in searches if count is not None)
    ordered = [*known, *[None] * (len(searches) - len(known))]
    return {
        "searches": len(searches),
        "within_10_percent": _share(len(known), len(searches)),
        "stimuli_median": ordered[(len(ordered) - 1) // 2] if ordered else None,
        "stimuli_p90": ordered[(9 * len(ordered) - 1) // 10] if ordered else None,
    }


def _impedance(every: Sequence[Insertion]) -> TrialRow:
    entered = [insertion for insertion in every if insertion.entered]
    return {
        "entered": len(entered),
        "told": _share(sum(insertion.rise_inside for insertion in entered), len(entered)),
        "false": _share(sum(insertion.rise_outside for insertion in every), len(every)),
    }


def _fronts(every: Sequence[Insertion]) -> list[TrialRow]:
    """Return a row for each front end: how often it could not tell and why, and how often it named a far nerve near."""
    rows = []
    for front in sorted({insertion.front or "" for insertion in every}):
        own = [insertion for insertion in every if (insertion.front or "") == front]
        reasons: Counter[str] = Counter()
        for insertion in own:
            reasons.update(insertion.undecided)
        stimuli = sum(insertion.stimuli for insertion in own)
        rows.append(
            {
                "front": front or None,
                "insertions": len(own),
                "stimuli": stimuli,
                "valid": _share(sum(len(insertion.moments) for insertion in own), stimuli),
                "far_named": sum(insertion.far_named for insertion in own),
                "undecided": _share(sum(reasons.values()), stimuli),
                "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
            }
        )
    return rows


def _refused(every: Sequence[Insertion]) -> TrialRow:
    reasons: Counter[str] = Counter()
    for insertion in every:
        reasons.update(insertion.refused)
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return {
        "commands": sum(reasons.values()),
        "per_100": _per(sum(reasons.values()), len(every) / 100),
        "reasons": dict(ordered[:_MOST_REASONS]),
    }


def _quantile(values: Sequence[float], share: float) -> float | None:
    return round(float(np.quantile(values, share)), 4) if len(values) else None


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _per(count: int, hundreds: float) -> float | None:
    return round(count / hundreds, 2) if hundreds else None
