"""Alarms in three parts, as IEC 60601-1-8 separates them: the condition, its occurrence, and its signal.

A condition is true or not; it may have several causes at once. An occurrence begins with the first cause and ends with
the last, and is recorded when it begins and ends. The signal, which is seen and heard, outlasts an occurrence of high
or medium priority: it is latched until acknowledged.
"""

from __future__ import annotations

from dataclasses import dataclass

from guidance.contracts.events import Alarm
from guidance.contracts.snapshot import AlarmView

PRIORITIES = {
    "too-close": "high",
    "device-lost": "high",
    "display-lost": "high",
    "signal-dead": "high",
    "stimulus-unrequested": "high",
    "device-fault": "high",
    "clock-wrong": "high",
    "stimulator-not-off": "high",
    "lead-off": "medium",
    "stimulus-not-delivered": "medium",
    "stale": "medium",
    "storage": "medium",
    "twitch-loss": "medium",
    "impedance-rise": "medium",
    "impedance-fall": "medium",
    "dose-limit": "medium",
    "audio-lost": "medium",
    "computer-slow": "medium",
    "samples-lost": "low",
    "saturated": "low",
    "range-wrong": "low",
}
_RANK = {"high": 0, "medium": 1, "low": 2}
"""Order of the priorities of IEC 60601-1-8: the most urgent alarm comes first."""


@dataclass(slots=True)
class _Occurrence:
    """``causes`` that hold now, in words, the newest last; ``text`` is that of the newest, even when it is over.
    ``priority`` never falls within one occurrence.
    """

    causes: dict[str, str]
    text: str
    priority: str
    acknowledged: bool = False


class AlarmBoard:
    """All alarms of a procedure."""

    def __init__(self) -> None:
        """Begin without any."""
        self._occurrences: dict[str, _Occurrence] = {}

    def update(self, code: str, text: str | None, cause: str = "", *, priority: str | None = None) -> Alarm | None:
        """Note whether ``cause`` of the condition ``code`` holds: ``text`` describes it, None if it does not hold.

        ``priority`` raises the usual one of ``code``; a raised signal must be acknowledged anew. Returns the record
        where an occurrence begins, is raised, or ends, else None.
        """
        known = self._occurrences.get(code)
        if text is None:
            return None if known is None or cause not in known.causes else self._end(code, known, cause)
        priority = priority or PRIORITIES[code]
        if known is None or not known.causes:
            self._occurrences[code] = _Occurrence({cause: text}, text, priority)
            return Alarm(code, priority, active=True, text=text)
        known.causes[cause] = known.text = text
        if _RANK[priority] >= _RANK[known.priority]:
            return None
        known.priority, known.acknowledged = priority, False
        return Alarm(code, priority, active=True, text=text)

    def holds(self, code: str, cause: str | None = None) -> bool:
        """Return whether the condition ``code`` holds now, by ``cause`` or by any."""
        known = self._occurrences.get(code)
        return known is not None and (bool(known.causes) if cause is None else cause in known.causes)

    def acknowledge(self) -> list[str]:
        """Acknowledge all signals, and end those whose condition has passed; return the codes not
        acknowledged before.
        """
        fresh = [code for code, known in self._occurrences.items() if not known.acknowledged]
        self._occurrences = {code: known for code, known in self._occurrences.items() if known.causes}
        for known in self._occurrences.values():
            known.acknowledged = True
        return fresh

    def signals(self) -> tuple[AlarmView, ...]:
        """Return the signals of now, the gravest first."""
        shown = [
            AlarmView(code, known.priority, known.text, bool(known.causes), known.acknowledged)
            for code, known in self._occurrences.items()
        ]
        return tuple(sorted(shown, key=lambda view: (_RANK[view.priority], not view.active)))

    def _end(self, code: str, known: _Occurrence, cause: str) -> Alarm | None:
        over = known.causes.pop(cause)
        if known.causes:
            known.text = list(known.causes.values())[-1]
            return None
        if known.acknowledged or known.priority == "low":
            del self._occurrences[code]
        return Alarm(code, known.priority, active=False, text=over)
