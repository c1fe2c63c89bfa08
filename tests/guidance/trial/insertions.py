"""Synthetic insertions."""

from __future__ import annotations

from typing import Any

from guidance.trial.result import Insertion, Moment, TooClose


def moment(error: float = 0.1, **changes: Any) -> Moment:
    fields: dict[str, Any] = {
        "speed_mm_s": 1.0, "zone": "far", "error": error, "next_error": 2 * error, "threshold_held": True,
        "distance_held": True,
    }  # fmt: skip
    return Moment(**fields | changes)


def insertion(world: int, **changes: Any) -> Insertion:
    fields: dict[str, Any] = {
        "world": world, "seconds": 30.0, "stimuli": 50, "moments": [moment()], "too_close": TooClose(), "cold": 5,
        "reachable": True, "refused": {}, "entered": False, "rise_inside": False, "rise_outside": False,
    }  # fmt: skip
    return Insertion(**fields | changes)
