"""The score of a trial: the share of the time on the right side of the line, and the next line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.biofeedback.calibration import LEAST_KNOWN
from guidance.biofeedback.envelope import STEP_S
from guidance.biofeedback.plan import ExercisePlan
from guidance.signal.sweep.basis import Array

GRACE_S = 1.0
"""Time to react to a prompt, not scored (unsourced)."""

REACHED, MISSED = 0.8, 0.5
"""From the first share on a trial is reached; below the second it was too hard (unsourced)."""

RELAXED_S = 1.0
"""A muscle counts as relaxed once it has stayed at rest for this long (unsourced)."""

GAP_S = 0.2
"""A dip this short does not end a held contraction (unsourced)."""


@dataclass(frozen=True, slots=True)
class TrialScore:
    """The score: ``share`` of the trial, 0 to 1, and its parts; None where not known (with ``why``) or not scored.

    ``level_uv`` is the median of the working muscle, ``held_s`` the longest contraction held, ``limit_uv`` the limit
    below which the muscle stayed in an exercise of relaxation, by the formula of the limit of rest.
    """

    share: float | None
    level_uv: float | None
    held_s: float | None = None
    rest_share: float | None = None
    quiet_share: float | None = None
    unknown_share: float = 0.0
    why: str | None = None
    limit_uv: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the trial was reached; None where not known."""
        return None if self.share is None else self.share >= REACHED


def score(
    plan: ExercisePlan,
    lines_uv: tuple[float, ...],
    let_go_uv: float,
    work: Array,
    pause: Array,
    upper_uv: float = math.inf,
) -> TrialScore:
    """Score a trial of ``plan`` with envelopes ``work`` and ``pause`` (steps, channels) in uV, NaN where not known.

    ``lines_uv`` is the line of each muscle, ``upper_uv`` the upper edge of a level to hold; in the pause a muscle
    counts as relaxed below ``let_go_uv``.
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
        limit_uv = float(muscle.mean() + plan.rest_sd * muscle.std())
        return TrialScore(1.0 - above, level_uv, unknown_share=unknown_share, limit_uv=limit_uv)
    if plan.exercise == "discriminate":
        within = float(((muscle > line_uv) & (muscle <= upper_uv)).mean())
        return TrialScore(within, level_uv, unknown_share=unknown_share)
    if plan.exercise == "contract-hold":
        held_s = longest_s(needed[:, 0] > line_uv)
        return TrialScore(min(held_s / plan.hold_s, 1.0), level_uv, held_s, unknown_share=unknown_share)
    if plan.exercise == "antagonist-quiet":
        relaxed = needed[known, 1] <= lines_uv[1]
        both = float(((muscle > line_uv) & relaxed).mean())
        return TrialScore(both, level_uv, quiet_share=float(relaxed.mean()), unknown_share=unknown_share)
    rested = paused[np.isfinite(paused[:, 0]), 0]
    rest_share = float((rested <= let_go_uv).mean()) if len(rested) else None
    share = above if rest_share is None else (above + rest_share) / 2
    return TrialScore(share, level_uv, rest_share=rest_share, unknown_share=unknown_share)


def time_to_relax_s(envelope: Array, limit_uv: float) -> float | None:
    """Return the seconds of ``envelope`` (uV, from the prompt to let go on) until the muscle stays at or below
    ``limit_uv`` for RELAXED_S; None where it never does. A missing value counts as not relaxed.
    """
    width = round(RELAXED_S / STEP_S)
    if len(envelope) < width:
        return None
    relaxed = np.lib.stride_tricks.sliding_window_view(envelope <= limit_uv, width).all(axis=1)
    return float(np.argmax(relaxed)) * STEP_S if relaxed.any() else None


def longest_s(above: NDArray[np.bool_]) -> float:
    """Return the seconds of the longest stretch of ``above`` (steps of STEP_S), ignoring dips of at most GAP_S."""
    longest = run = gap = 0
    for is_above in above.tolist():
        gap = 0 if is_above else gap + 1
        if gap * STEP_S > GAP_S:
            run = 0
        elif is_above or run:
            run += 1
        longest = max(longest, run - gap)
    return longest * STEP_S


def next_line_uv(
    plan: ExercisePlan, line_uv: float, result: TrialScore, let_go_uv: float, largest_uv: float | None
) -> float:
    """Return the line of the next trial: moved towards the reached level after an easy or too hard trial.

    It stays between the limit of rest and the largest effort. A line that comes from rest (no ``largest_uv``) follows
    the limit below which the muscle stayed, and never rises above ``let_go_uv``.
    """
    if result.share is None or result.level_uv is None or MISSED <= result.share < REACHED:
        return line_uv
    low, high = plan.adapt
    if largest_uv is None:
        follows_uv = result.level_uv if result.limit_uv is None else result.limit_uv
        return min(line_uv * min(max(follows_uv / line_uv, low), high), max(let_go_uv, line_uv))
    wanted = line_uv * min(max(result.level_uv / line_uv, low), high)
    return min(max(wanted, let_go_uv), largest_uv)
