"""The score of the alarm ``too-close`` against the passages of the true threshold below the protocol's lower bound."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.trial.result import TooClose

LEAST_S = 2.0
"""A passage shorter than this may go without an alarm: it counts where there is one, and is not missed otherwise."""

_OUT_AGAIN = 1.1
_FAR = 1.25


@dataclass(slots=True)
class _Alarm:
    """An active alarm; ``ratio`` is true threshold / bound when it began."""

    ratio: float
    is_true: bool


@dataclass(slots=True)
class _Passage:
    """A passage: the true threshold is at or below the bound since ``t`` (s), after ``stimuli`` stimuli."""

    t: float
    stimuli: int
    is_reported: bool = False


class Passages:
    """Passages below the bound and their alarms, updated in order of time."""

    def __init__(self, bound_ma: float) -> None:
        """Score passages below ``bound_ma``; one ends where the threshold is a tenth above it."""
        self._bound_ma = bound_ma
        self._passage: _Passage | None = None
        self._alarm: _Alarm | None = None
        self._ratio = 1e9
        self.result = TooClose()

    def threshold(self, t: float, threshold_ma: float, stimuli: int) -> None:
        """Update the true threshold at ``t``, after ``stimuli`` stimuli."""
        self._ratio = threshold_ma / self._bound_ma
        if self._passage is None and self._ratio <= 1.0:
            self._passage = _Passage(t, stimuli)
            self._meet(t, stimuli)
        elif self._passage is not None and self._ratio > _OUT_AGAIN:
            self._leave(t)

    def alarm(self, t: float, stimuli: int, *, active: bool) -> None:
        """Begin or end the alarm at ``t``, after ``stimuli`` stimuli."""
        if active:
            self._alarm = _Alarm(self._ratio, is_true=False)
            self._meet(t, stimuli)
        else:
            self._silence()

    def end(self, t: float) -> TooClose:
        """Close what is open at ``t``, and return the score."""
        self._leave(t)
        self._silence()
        return self.result

    def _meet(self, t: float, stimuli: int) -> None:
        """Match an active alarm with a passage under way."""
        if self._alarm is None or self._passage is None:
            return
        self._alarm.is_true = True
        if not self._passage.is_reported:
            self._passage.is_reported = True
            self.result.delays_s.append(round(t - self._passage.t, 3))
            self.result.delays_pulses.append(stimuli - self._passage.stimuli)

    def _leave(self, t: float) -> None:
        passage, self._passage = self._passage, None
        if passage is not None and not passage.is_reported and t - passage.t >= LEAST_S:
            self.result.missed += 1

    def _silence(self) -> None:
        alarm, self._alarm = self._alarm, None
        if alarm is not None and not alarm.is_true:
            self.result.false += 1
            self.result.far_false += alarm.ratio >= _FAR
