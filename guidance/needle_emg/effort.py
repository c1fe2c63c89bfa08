"""The effort requested from the patient, the pattern of the EMG, and whether the two fit.

A muscle is silent at rest; with rising effort it shows single units, a mixed and then a full pattern ("Normal EMG
activity", Aminoff). The bounds between the patterns are a judgement (unsourced).
"""

from __future__ import annotations

from dataclasses import dataclass

from guidance.protocol import EffortPhase

PHASES: tuple[EffortPhase, ...] = ("rest", "slight", "full")

_SILENT_PER_S = 2.0
"""Most potentials a second in a silent muscle (a judgement, unsourced)."""

_MIXED_SHARE, _FULL_SHARE = 0.25, 0.55
"""Least share of the second with activity in a mixed and in a full pattern (a judgement, unsourced)."""

_SINGLE_UNITS = 3
"""Most distinguished units that still count as single units (a judgement, unsourced)."""


@dataclass(frozen=True, slots=True)
class ActivitySecond:
    """One second of EMG: potentials, distinguished units, and the share of the time with activity above the noise."""

    potentials: int
    units: int
    busy_share: float
    is_plate: bool = False

    @property
    def pattern(self) -> str:
        """``silent``, ``end-plate``, ``single units``, ``mixed`` or ``full``."""
        if self.is_plate:
            return "end-plate"
        if self.potentials <= _SILENT_PER_S:
            return "silent"
        if self.busy_share >= _FULL_SHARE:
            return "full"
        return "mixed" if self.busy_share >= _MIXED_SHARE or self.units > _SINGLE_UNITS else "single units"


_JUDGEMENTS: dict[tuple[str, str], tuple[bool, str]] = {
    ("rest", "silent"): (True, "At rest."),
    ("rest", "end-plate"): (True, "At rest, in the end-plate zone."),
    ("rest", "single units"): (
        False,
        "Not at rest: the patient should let go; activity that persists is tone or spontaneous.",
    ),
    ("rest", "mixed"): (False, "Not at rest: the patient should let go, or move the joint passively."),
    ("rest", "full"): (False, "Not at rest: the patient should let go, or move the joint passively."),
    ("slight", "silent"): (
        False,
        "No potentials: repeat the request; else the tip is outside, or stimulate to check.",
    ),
    ("slight", "end-plate"): (False, "In the end-plate zone, but no contraction yet."),
    ("slight", "single units"): (True, "Single units: their rise time shows how near they are."),
    ("slight", "mixed"): (True, "Several units: less effort would separate them better."),
    ("slight", "full"): (False, "Too much effort: request less, so that single units can be distinguished."),
    ("full", "silent"): (False, "No potentials at full effort: outside the muscle, or the patient cannot contract it."),
    ("full", "end-plate"): (False, "In the end-plate zone, but no contraction yet."),
    ("full", "single units"): (False, "Few units at full effort: poor effort, the muscle's edge, or few units left."),
    ("full", "mixed"): (True, "A reduced pattern at full effort: in the muscle, or less than full effort."),
    ("full", "full"): (True, "A full pattern: in the belly of a muscle that contracts."),
}


def judge_effort(phase: EffortPhase | None, activity: ActivitySecond) -> tuple[bool | None, str]:
    """Return whether ``activity`` fits the effort of ``phase``, and a sentence; None where no effort was requested."""
    if phase is None:
        return None, "No effort has been requested yet."
    return _JUDGEMENTS[phase, activity.pattern]
