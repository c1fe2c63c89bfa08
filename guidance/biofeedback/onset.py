"""Onset and offset of muscle activity from the mean squares of a clean signal: causal, streaming, step by step.

At rest the mean square of a step follows a gamma distribution about its level; activity raises the level. A cumulated
sum of log likelihood ratios decides that it has changed (Page, Biometrika 1954; 41: 100-115), and ``change_time``
estimates when. The level of rest is learned from the signal and follows it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from guidance.biofeedback.change_time import ChangeTime, StepNoise, locate_change
from guidance.biofeedback.envelope import STEP_S
from guidance.biofeedback.scoring import GAP_S
from guidance.signal.sweep.basis import Array

LEAST_RATIOS = (2.0, 8.0)
"""Ratios of mean squares that are looked for: the weak burst, and the strong one sooner."""

DECISION = 12.0
"""Sum of log likelihood ratios that decides: activity e^12 times as likely as rest. Lower sums named onsets in
made rest.
"""

FIRST_REST_S = 0.25
"""Signal from which the first level of rest is taken; more would miss a burst that comes soon."""

REST_S = 3.0
"""Rest that counts for its level: short enough to follow a muscle that settles."""

CONFIRM_S = 0.08
"""Activity after the decision that settles when it began."""

BACK_S = 1.0
"""How long before the decision an onset is looked for: the longest rise and some rest."""

FALLEN = 0.4
"""A mean square of at most this share of rest, over GAP_S, was no rest before: the level is learned anew."""

NOISE_STEPS = 10
"""The level of rest is measured anew after so many steps: it moves slowly."""

_GAP_STEPS = round(GAP_S / STEP_S)
_REST_STEPS = round(REST_S / STEP_S)
_FIRST_STEPS = round(FIRST_REST_S / STEP_S)
_CONFIRM_STEPS = round(CONFIRM_S / STEP_S)
_KEPT_STEPS = round((BACK_S + CONFIRM_S) / STEP_S)


@dataclass(frozen=True, slots=True)
class ActivityEdge:
    """An onset or offset at ``at_s``, in the interval ``earliest_s`` to ``latest_s``, all in s since the first step.

    ``decided_s`` is the time at which it was decided.
    """

    edge: Literal["onset", "offset"]
    at_s: float
    earliest_s: float
    latest_s: float
    decided_s: float


class OnsetDetector:
    """The onsets and offsets of one muscle; a step that is not known ends what runs, without an offset."""

    def __init__(self) -> None:
        """Begin without a level of rest."""
        self._steps = 0
        self._rest: deque[float] = deque(maxlen=_REST_STEPS)
        self._recent: deque[float] = deque(maxlen=_KEPT_STEPS)
        self._noise: StepNoise | None = None
        self._active = False
        self._forget()

    def step(self, mean_square: float) -> Iterator[ActivityEdge]:
        """Process the mean square of the next step in uV2, NaN if not known, and yield the edge that it settles."""
        self._steps += 1
        if not math.isfinite(mean_square):
            self._recent.clear()
            self._active = False
            self._forget()
            return
        self._recent.append(mean_square)
        noise = self._current_noise()
        if noise is None:
            self._rest.append(mean_square)
        elif self._has_fallen(noise):
            self._learn_anew()
        elif self._active:
            yield from self._seek_offset(noise)
        else:
            yield from self._seek_onset(noise, mean_square)

    def _forget(self) -> None:
        self._sums = [0.0] * len(LEAST_RATIOS)
        self._decided: int | None = None

    def _current_noise(self) -> StepNoise | None:
        if len(self._rest) < _FIRST_STEPS:
            return None
        if self._noise is None or self._steps % NOISE_STEPS == 0:
            self._noise = StepNoise.of(np.array(self._rest))
        return self._noise

    def _seek_onset(self, noise: StepNoise, mean_square: float) -> Iterator[ActivityEdge]:
        gains = (noise.log_ratio(mean_square, ratio) for ratio in LEAST_RATIOS)
        self._sums = [max(0.0, total + gain) for total, gain in zip(self._sums, gains, strict=True)]
        evidence = max(self._sums)
        if self._decided is None:
            if evidence >= DECISION:
                self._decided = self._steps
            elif evidence < DECISION / 3:
                self._rest.append(mean_square)
        elif self._steps - self._decided >= _CONFIRM_STEPS:
            self._active = evidence >= DECISION
            if self._active:
                yield self._begin(noise)
            self._forget()

    def _begin(self, noise: StepNoise) -> ActivityEdge:
        """Return the onset, and keep the steps since it as those in which the offset may lie."""
        steps = np.array(self._recent)
        edge = self._edge("onset", locate_change(steps, noise), self._steps - len(steps), 1)
        active = max(1, self._steps - round(edge.latest_s / STEP_S))
        self._recent = deque(steps[-active:].tolist(), self._recent.maxlen)
        return edge

    def _seek_offset(self, noise: StepNoise) -> Iterator[ActivityEdge]:
        last = self._last_gap()
        if len(last) == _GAP_STEPS and noise.is_rest(last):
            backwards = np.array(self._recent)[::-1]
            yield self._edge("offset", locate_change(backwards, noise), self._steps, -1)
            self._active = False
            self._rest.extend(last.tolist())
            self._recent = deque(last.tolist(), self._recent.maxlen)
            self._forget()

    def _has_fallen(self, noise: StepNoise) -> bool:
        last = self._last_gap()
        return len(last) == _GAP_STEPS and float(last.mean()) < FALLEN * noise.mean

    def _learn_anew(self) -> None:
        """Take the last steps as rest; what ran was judged by a wrong level, so it ends without an offset."""
        last = self._last_gap().tolist()
        self._rest = deque(last, self._rest.maxlen)
        self._recent = deque(last, self._recent.maxlen)
        self._noise = None
        self._active = False
        self._forget()

    def _last_gap(self) -> Array:
        return np.array(self._recent)[-_GAP_STEPS:]

    def _edge(self, edge: Literal["onset", "offset"], change: ChangeTime, origin: int, sign: int) -> ActivityEdge:
        times = sorted((origin + sign * at) * STEP_S for at in (change.earliest, change.middle, change.latest))
        return ActivityEdge(edge, times[1], times[0], times[2], self._steps * STEP_S)
