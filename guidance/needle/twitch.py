"""Whether the muscle's answer goes with an injection, as it should; apart from the estimate, which is frozen by then.

A millilitre of a conductive fluid (saline, local anaesthetic) at the tip shunts the current: the answer to an unchanged
current goes at once (20 of 20 sites; Tsui 2004). Dextrose, which does not conduct, brings it back. An answer that
persists at a low current after a conductive injectate says that the fluid is not where the tip is, or the tip where it
should not be.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

LOW_CHARGE_UC = 0.05
"""0.5 mA for 0.1 ms: answers at or below it are answers at a low current."""
LOST_AFTER = 3
PERSISTS_AFTER = 8
ATTRIBUTED_S = 30.0
"""An answer that goes later than this has other reasons."""

_BEFORE_S = 6.0
_LEAST_BEFORE = 3
_UNCHANGED = 0.05
_BACK_AFTER = 2


@dataclass(frozen=True, slots=True)
class Answered:
    """A pulse at ``t`` in s whose sweep could tell, and whether the muscle answered."""

    t: float
    current_ma: float
    width_ms: float
    detected: bool


@dataclass(slots=True)
class _Injection:
    """Since ``t``: the current that was answered before it, and how many answers came or failed in a row since."""

    t: float
    reference_ma: float
    width_ms: float
    missed: int = 0
    answered: int = 0


class TwitchWatch:
    """``lost_ma``: the current, answered before the injection, that is not any more; ``persists_ma``: the low current
    that is still answered. None where that is not so, or cannot be told.
    """

    def __init__(self) -> None:
        """Nothing was injected."""
        self._before: deque[Answered] = deque(maxlen=64)
        self.restart()

    def restart(self) -> None:
        """Another place: no injection there."""
        self.lost_ma: float | None = None
        self.persists_ma: float | None = None
        self._injection: _Injection | None = None
        self._before.clear()

    def injected(self, t: float) -> None:
        """Take in an injection at ``t``; without answers just before it there is nothing to lose.

        A further aliquot keeps the reference of the first.
        """
        if self._injection is not None:
            self._injection.t = t
            return
        recent = [pulse for pulse in self._before if pulse.detected and t - pulse.t <= _BEFORE_S]
        if len(recent) >= _LEAST_BEFORE:
            reference = max(recent, key=lambda pulse: pulse.current_ma)
            self._injection = _Injection(t, reference.current_ma, reference.width_ms)

    def heard(self, pulse: Answered) -> None:
        """Take in an answered pulse."""
        self._before.append(pulse)
        injection = self._injection
        if injection is None or pulse.width_ms != injection.width_ms or pulse.t < injection.t:
            return
        if not pulse.detected and pulse.current_ma >= injection.reference_ma * (1 - _UNCHANGED):
            self._missed(injection, pulse)
        elif pulse.detected and pulse.current_ma <= injection.reference_ma * (1 + _UNCHANGED):
            self._answered(injection, pulse)

    def _missed(self, injection: _Injection, pulse: Answered) -> None:
        injection.missed, injection.answered = injection.missed + 1, 0
        if injection.missed >= LOST_AFTER and (self.lost_ma or pulse.t - injection.t <= ATTRIBUTED_S):
            self.lost_ma, self.persists_ma = injection.reference_ma, None

    def _answered(self, injection: _Injection, pulse: Answered) -> None:
        """One stray answer does not bring back what was lost."""
        injection.missed, injection.answered = 0, injection.answered + 1
        if injection.answered >= _BACK_AFTER:
            self.lost_ma = None
        is_low = pulse.current_ma * pulse.width_ms <= LOW_CHARGE_UC * (1 + 1e-9)
        if is_low and injection.answered >= PERSISTS_AFTER:
            self.persists_ma = pulse.current_ma
