"""What the next pulse is after a sweep that cannot tell, by its reason: another current, a wait, or the same again."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.signal.response.sweep_result import Doubt

_LOWER = 0.7
"""The current is lowered by this factor where only contrast can separate response and artefact: to below threshold,
or well below what the artefact changes by from pulse to pulse (a judgement, unsourced).
"""

_LESS = 0.85
"""The current is lowered by this factor where the amplifier did not cope with the pulse: an artefact that is so much
smaller stays below a rail, and at most thresholds a response remains (a judgement, unsourced).
"""

_AGAIN = 1
"""Sweeps in a row after which the same current is not repeated any more where the amplifier is the reason (a judgement:
one may be chance, as by a jolt of the cable).
"""


@dataclass(frozen=True, slots=True)
class DoubtReaction:
    """The ``factor`` of the last current, whether to wait (``slows``: at the usual rate), and what is done in words."""

    factor: float
    slows: bool
    doing: str


_BY_REASON = {
    Doubt.CONTRAST: DoubtReaction(_LOWER, False, "lowering the current: only that separates a response from artefact"),
    Doubt.BURST: DoubtReaction(1.0, True, "waiting for the muscle to rest"),
    Doubt.NOISE: DoubtReaction(1.0, True, "repeating the pulse: the last sweep was too noisy"),
}
_UNFIT = DoubtReaction(1.0, False, "repeating the pulse: the last sweep was unfit")
_AMPLIFIER = {
    Doubt.OVERLOAD: "the amplifier was overloaded",
    Doubt.BLANKING: "the amplifier was blanked",
    Doubt.ARTEFACT: "the artefact has changed",
}


def reaction_to(doubt: str | None, in_a_row: int) -> DoubtReaction:
    """Return what to do after ``in_a_row`` sweeps that could not tell, the last one because of ``doubt``."""
    reason = next((known for known in Doubt if known == doubt), None)
    if reason in _AMPLIFIER:
        repeats = in_a_row <= _AGAIN
        verb = "repeating the pulse" if repeats else "lowering the current"
        return DoubtReaction(1.0 if repeats else _LESS, False, f"{verb}: {_AMPLIFIER[reason]}")
    return _UNFIT if reason is None else _BY_REASON.get(reason, _UNFIT)
