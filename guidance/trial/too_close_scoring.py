"""How the alarm ``too-close`` follows the true threshold as it passes the protocol's lower bound."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.trial.result import TooClose

LEAST_S = 2.0
"""A passage shorter than this need not be told: it counts where it is, and is not missed where it is not."""

_OUT_AGAIN = 1.1
_FAR = 1.25


@dataclass(slots=True)
class _Alarm:
    """An alarm that sounds; ``ratio`` is of true threshold and bound when it began."""

    ratio: float
    is_true: bool


@dataclass(slots=True)
class _Passage:
    """The true threshold is at or below the bound since ``t``, when ``stimuli`` had been given."""

    t: float
    stimuli: int
    is_reported: bool = False


class Passages:
    """Told of every true threshold and of every change of the alarm, in order of time."""

    def __init__(self, bound_ma: float) -> None:
        """Passages of ``bound_ma``; one ends where the threshold is a tenth above it."""
        self._bound_ma = bound_ma
        self._passage: _Passage | None = None
        self._alarm: _Alarm | None = None
        self._ratio = 1e9
        self.result = TooClose()

    def threshold(self, t: float, threshold_ma: float, stimuli: int) -> None:
        """Take in the true threshold at ``t``, after so many stimuli."""
        self._ratio = threshold_ma / self._bound_ma
        if self._passage is None and self._ratio <= 1.0:
            self._passage = _Passage(t, stimuli)
            self._meet(t, stimuli)
        elif self._passage is not None and self._ratio > _OUT_AGAIN:
            self._leave(t)

    def alarm(self, t: float, stimuli: int, *, active: bool) -> None:
        """Take in that the alarm begins or ends at ``t``, after so many stimuli."""
        if active:
            self._alarm = _Alarm(self._ratio, is_true=False)
            self._meet(t, stimuli)
        else:
            self._silence()

    def end(self, t: float) -> TooClose:
        """Close what is open at ``t``; all that was counted."""
        self._leave(t)
        self._silence()
        return self.result

    def _meet(self, t: float, stimuli: int) -> None:
        """Alarm and passage at once: each has found the other."""
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
