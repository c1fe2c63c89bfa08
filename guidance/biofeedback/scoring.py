"""How a trial went: shares of the time in which the muscle did what was asked, and where the next line lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.biofeedback.calibration import LEAST_KNOWN
from guidance.biofeedback.envelope import STEP_S
from guidance.biofeedback.plan import ExercisePlan
from guidance.signal.sweep.basis import Array

GRACE_S = 1.0
"""To react to a prompt; not scored (unsourced)."""

REACHED, MISSED = 0.8, 0.5
"""From the first share on, a trial was reached; below the second it was too hard (unsourced)."""

GAP_S = 0.2
"""A dip this short does not break a contraction held (unsourced)."""


@dataclass(frozen=True, slots=True)
class TrialScore:
    """``share`` of the trial, 0 to 1, and its parts; None where it is not known or not asked for, with ``why``.

    ``level_uv`` is the median of the working muscle, ``held_s`` the longest contraction held.
    """

    share: float | None
    level_uv: float | None
    held_s: float | None = None
    rest_share: float | None = None
    quiet_share: float | None = None
    unknown_share: float = 0.0
    why: str | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the trial was reached; None where it is not known."""
        return None if self.share is None else self.share >= REACHED


def score(plan: ExercisePlan, lines_uv: tuple[float, ...], let_go_uv: float, work: Array, pause: Array) -> TrialScore:
    """The trial of ``plan`` with envelopes ``work`` and ``pause`` (steps, channels) in uV, NaN where not known.

    ``lines_uv`` is the line of each muscle; in the pause it counts as let go below ``let_go_uv``.
    """
    scored = slice(round(GRACE_S / STEP_S), None)
    worked, paused = work[scored], pause[scored]
    needed = worked[:, : len(lines_uv)]
    known: NDArray[np.bool_] = np.asarray(np.isfinite(needed).all(axis=1))
    unknown_share = 1.0 - float(known.mean()) if len(known) else 1.0
    if unknown_share > 1.0 - LEAST_KNOWN:
        return TrialScore(None, None, unknown_share=unknown_share, why="the signal was missing for most of the trial")
    muscle, line_uv = needed[known, 0], lines_uv[0]
    level_uv = float(np.median(muscle))
    above = float((muscle > line_uv).mean())
    if plan.exercise == "relax":
        return TrialScore(1.0 - above, level_uv, unknown_share=unknown_share)
    if plan.exercise == "contract-hold":
        held_s = longest_s(needed[:, 0] > line_uv)
        return TrialScore(min(held_s / plan.hold_s, 1.0), level_uv, held_s, unknown_share=unknown_share)
    if plan.exercise == "antagonist-quiet":
        quiet = needed[known, 1] <= lines_uv[1]
        both = float(((muscle > line_uv) & quiet).mean())
        return TrialScore(both, level_uv, quiet_share=float(quiet.mean()), unknown_share=unknown_share)
    rested = paused[np.isfinite(paused[:, 0]), 0]
    rest_share = float((rested <= let_go_uv).mean()) if len(rested) else None
    share = above if rest_share is None else (above + rest_share) / 2
    return TrialScore(share, level_uv, rest_share=rest_share, unknown_share=unknown_share)


def longest_s(above: NDArray[np.bool_]) -> float:
    """Seconds of the longest stretch of ``above`` (steps of STEP_S), dips of GAP_S and less left out of account."""
    longest = run = gap = 0
    for is_above in above.tolist():
        gap = 0 if is_above else gap + 1
        if gap * STEP_S > GAP_S:
            run = 0
        elif is_above or run:
            run += 1
        longest = max(longest, run - gap)
    return longest * STEP_S


def next_line_uv(plan: ExercisePlan, line_uv: float, result: TrialScore, let_go_uv: float, largest_uv: float) -> float:
    """The line of the next trial: towards what was reached where that was easy or too hard, else where it is.

    Never below the limit of rest, nor above the largest effort.
    """
    if result.share is None or result.level_uv is None or MISSED <= result.share < REACHED:
        return line_uv
    low, high = plan.adapt
    wanted = line_uv * min(max(result.level_uv / line_uv, low), high)
    return min(max(wanted, let_go_uv), largest_uv)
