"""Pulses of other widths between the usual ones, where the operator requested them, and which width is next.

A round goes up through the widths and down again, since the interlock bounds each step in current. From 0.1 over 0.3 to
1.0 ms the threshold falls about as far as a step may lead, and rises as far on the way back.
"""

from __future__ import annotations

from collections.abc import Sequence

PROBED_MS = (0.1, 0.3, 1.0)
"""The widths of a round, in ms."""

USUAL_BETWEEN = 8
"""So many usual pulses stand between two rounds."""

_LEAST_APART = 1.45
"""A width nearer to the usual one than by this factor shows too little beside it (a judgement, unsourced)."""


def probed_widths(usual_ms: float, least_ms: float, most_ms: float) -> tuple[float, ...]:
    """Return the widths of ``PROBED_MS`` that a stimulator of ``least_ms`` to ``most_ms`` can give and that differ
    enough from ``usual_ms``, the nearest first.
    """
    given = [width for width in PROBED_MS if least_ms - 1e-9 <= width <= most_ms + 1e-9]
    apart = [width for width in given if max(width / usual_ms, usual_ms / width) >= _LEAST_APART]
    return tuple(sorted(apart, key=lambda width: max(width / usual_ms, usual_ms / width)))


class WidthProbing:
    """Choice of the next width, ``width_ms``, after each response."""

    def __init__(self, usual_ms: float, widths_ms: Sequence[float]) -> None:
        """Probe with ``widths_ms``, the nearest to ``usual_ms`` first; without any there is no probe."""
        self._usual_ms = usual_ms
        self._round = (*widths_ms, *reversed(widths_ms[:-1]))
        self._usual_left, self._at = USUAL_BETWEEN, 0
        self.width_ms = usual_ms

    @property
    def probes(self) -> bool:
        """Whether the next pulse is a probe."""
        return self.width_ms != self._usual_ms

    def observe(self, *, may: bool) -> None:
        """Go on with the round after a response, where a probe ``may`` follow; else return to the usual width, and the
        round then waits to begin anew.
        """
        self._usual_left = max(self._usual_left - 1, 0)
        if not may or self._usual_left > 0 or not self._round:
            self._at, self.width_ms = 0, self._usual_ms
        elif self._at < len(self._round):
            self.width_ms = self._round[self._at]
            self._at += 1
        else:
            self._usual_left, self._at, self.width_ms = USUAL_BETWEEN, 0, self._usual_ms
