"""The effort that is asked of the patient, the pattern that the EMG shows, and whether the two fit.

Silence at rest, single units, a mixed and then a full pattern with rising effort ("Normal EMG activity", Aminoff);
where one ends and the next begins is a judgement (unsourced).
"""

from __future__ import annotations

from dataclasses import dataclass

from guidance.protocol import EffortPhase

PHASES: tuple[EffortPhase, ...] = ("rest", "slight", "full")

_SILENT_PER_S = 2.0
_MIXED_SHARE, _FULL_SHARE = 0.25, 0.55
_SINGLE_UNITS = 3


@dataclass(frozen=True, slots=True)
class ActivitySecond:
    """One second of EMG: potentials, units told apart, and the share of the time in which something stood out."""

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
    ("rest", "end-plate"): (True, "At rest, at the end-plate zone."),
    ("rest", "single units"): (
        False,
        "Not at rest: have the patient let go; what goes on is tone or spontaneous.",
    ),
    ("rest", "mixed"): (False, "Not at rest: have the patient let go, or move the joint passively."),
    ("rest", "full"): (False, "Not at rest: have the patient let go, or move the joint passively."),
    ("slight", "silent"): (
        False,
        "No potentials: ask again; else the tip is outside, or stimulate through it.",
    ),
    ("slight", "end-plate"): (False, "At the end-plate zone, but no contraction yet."),
    ("slight", "single units"): (True, "Single units: their rise tells how near they are."),
    ("slight", "mixed"): (True, "Several units: less effort tells them better apart."),
    ("slight", "full"): (False, "Too much effort: ask for less, so that single units can be told apart."),
    ("full", "silent"): (False, "No potentials at full effort: outside the muscle, or the patient cannot contract it."),
    ("full", "end-plate"): (False, "At the end-plate zone, but no contraction yet."),
    ("full", "single units"): (False, "Few units at full effort: poor effort, the muscle's edge, or few units left."),
    ("full", "mixed"): (True, "A reduced pattern at full effort: in the muscle, or less than full effort."),
    ("full", "full"): (True, "A full pattern: in the belly of a muscle that contracts."),
}


def judge_effort(phase: EffortPhase | None, activity: ActivitySecond) -> tuple[bool | None, str]:
    """Return whether ``activity`` fits the effort of ``phase``, and a sentence; None where no effort was requested."""
    if phase is None:
        return None, "No effort was asked for yet."
    return _JUDGEMENTS[phase, activity.pattern]
