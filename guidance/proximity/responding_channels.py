"""Which channels respond: others than before, and none of those, are another nerve or another muscle."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from guidance.contracts.events import Response
from guidance.proximity.response_change import IN_A_ROW, USUAL_FROM, ResponseChange

_KEPT = 15
"""Pulses with a response whose channels are the usual ones (a judgement, unsourced)."""


@dataclass(slots=True)
class _Pulse:
    """What the channels showed after one pulse: which responded, and which clearly did not."""

    sample: int
    responding: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)


class RespondingChannels:
    """The channels that responded to the last pulses of this insertion.

    A nerve's muscles may respond in any order as the current grows, and then the first ones go on: only where all of
    them are silent and another one responds, some pulses in a row, it is another nerve or muscle.
    """

    def __init__(self, count: int) -> None:
        """Begin without any response of ``count`` channels."""
        self._count = count
        self._now = _Pulse(-1)
        self.restart()

    def restart(self) -> None:
        """Begin anew, for another nerve or place."""
        self._usual: deque[set[str]] = deque(maxlen=_KEPT)
        self._other: list[set[str]] = []

    def observe(self, response: Response) -> ResponseChange | None:
        """Receive the ``response`` of one channel; the last one of a pulse may settle a change, which is returned."""
        if response.sample != self._now.sample:
            self._now = _Pulse(response.sample)
            self._left = self._count
        self._left -= 1
        if not response.contaminated:
            (self._now.responding if response.detected else self._now.silent).add(response.channel)
        return self._settled(self._now) if self._left == 0 and self._now.responding else None

    def _settled(self, pulse: _Pulse) -> ResponseChange | None:
        usual = set().union(*self._usual)
        if len(self._usual) < USUAL_FROM or pulse.responding & usual:
            self._usual.append(pulse.responding)
            self._other.clear()
            return None
        if not usual <= pulse.silent:
            return None
        self._other.append(pulse.responding)
        now = set.intersection(*self._other)
        if not now:
            self._other = [pulse.responding]
        elif len(self._other) >= IN_A_ROW:
            self.restart()
            before_names, now_names = ", ".join(sorted(usual)), ", ".join(sorted(now))
            text = f"{now_names} responds, and {before_names} does not any more"
            return ResponseChange(text, {"channels_before": sorted(usual), "channels_now": sorted(now)})
        return None
