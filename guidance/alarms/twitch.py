"""Whether the muscle's response goes with an injection, as it should; apart from the estimate, which is frozen by then.

A millilitre of a conductive fluid (saline, local anaesthetic) at the tip shunts the current: the response to an
unchanged current goes at once (20 of 20 sites; Tsui 2004). Dextrose, which does not conduct, brings it back. A response
that persists at a low current after a conductive injectate shows that the fluid is not where the tip is, or the tip
where it should not be.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from guidance.contracts.events import PulseOutcome

LOW_CHARGE_UC = 0.05
"""Charge in uC of 0.5 mA for 0.1 ms: a response at or below it is one at a low current."""
LOST_AFTER = 3
"""Pulses in a row without a response after which it counts as lost (a judgement, unsourced)."""

PERSISTS_AFTER = 8
"""Responses in a row at a low current after which it counts as persisting (a judgement, unsourced)."""

ATTRIBUTED_S = 30.0
"""Seconds after an injection; a response that goes later has other reasons."""

_BEFORE_S = 6.0
"""Seconds before the injection within which at least ``_LEAST_BEFORE`` responses must have come (a judgement,
unsourced).
"""

_LEAST_BEFORE = 3
_UNCHANGED = 0.05
"""Share by which a current may differ and still count as unchanged (a judgement, unsourced)."""

_BACK_AFTER = 2
"""Responses in a row after which a lost one is back: one may be stray (a judgement, unsourced)."""


@dataclass(slots=True)
class _Injection:
    """An injection at ``t``: the current that evoked a response before it, and how many responses in a row came or
    failed since.
    """

    t: float
    reference_ma: float
    width_ms: float
    missed: int = 0
    responded: int = 0


class TwitchMonitor:
    """Monitor of the response after an injection. ``lost_ma``: the current that evoked a response before it and does no
    more. ``persists_ma``: the low current that still does. None where that is not so, or not known.
    """

    def __init__(self) -> None:
        """Begin without an injection."""
        self._before: deque[PulseOutcome] = deque(maxlen=64)
        self.restart()

    def restart(self) -> None:
        """Forget the injection and the responses: the needle is at another place."""
        self.lost_ma: float | None = None
        self.persists_ma: float | None = None
        self._injection: _Injection | None = None
        self._before.clear()

    def injected(self, t: float) -> None:
        """Receive an injection at ``t``; without responses just before it none can be lost.

        A further aliquot keeps the reference of the first.
        """
        if self._injection is not None:
            self._injection.t = t
            return
        recent = [outcome for outcome in self._before if outcome.response.detected and t - outcome.t <= _BEFORE_S]
        if len(recent) >= _LEAST_BEFORE:
            reference = max(recent, key=lambda outcome: outcome.delivered_ma or 0.0)
            self._injection = _Injection(t, reference.delivered_ma or 0.0, reference.stimulus.width_ms or 0.0)

    def observe(self, outcome: PulseOutcome) -> None:
        """Receive the outcome of a pulse. An unfit sweep is no miss; a pulse of unknown current or width is not
        compared.
        """
        current_ma, width_ms = outcome.delivered_ma, outcome.stimulus.width_ms
        if current_ma is None or width_ms is None or outcome.response.contaminated:
            return
        self._before.append(outcome)
        injection, detected = self._injection, outcome.response.detected
        if injection is None or width_ms != injection.width_ms or outcome.t < injection.t:
            return
        if not detected and current_ma >= injection.reference_ma * (1 - _UNCHANGED):
            self._missed(injection, outcome.t)
        elif detected and current_ma <= injection.reference_ma * (1 + _UNCHANGED):
            self._responded(injection, current_ma)

    def _missed(self, injection: _Injection, t: float) -> None:
        injection.missed, injection.responded = injection.missed + 1, 0
        if injection.missed >= LOST_AFTER and (self.lost_ma or t - injection.t <= ATTRIBUTED_S):
            self.lost_ma, self.persists_ma = injection.reference_ma, None

    def _responded(self, injection: _Injection, current_ma: float) -> None:
        """Count a response; a single stray one does not bring back what was lost."""
        injection.missed, injection.responded = 0, injection.responded + 1
        if injection.responded >= _BACK_AFTER:
            self.lost_ma = None
        is_low = current_ma * injection.width_ms <= LOW_CHARGE_UC * (1 + 1e-9)
        if is_low and injection.responded >= PERSISTS_AFTER:
            self.persists_ma = current_ma
