"""The alarm ``dose-limit``: medium at the limit, high beyond it, over once a correction brings the dose below."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.alarms.board import AlarmBoard
from guidance.contracts.events import Alarm


class LimitAlarm:
    """One cause of the alarm ``dose-limit``."""

    def __init__(self, alarms: AlarmBoard, cause: str = "") -> None:
        """Raise the alarm on ``alarms`` by ``cause``."""
        self._alarms, self._cause = alarms, cause
        self._is_over = False

    def report(self, text: str | None, *, is_over: bool) -> Iterator[Alarm]:
        """Yield the alarm that begins, rises or ends with a dose of which ``text`` warns, None below the limit.

        The board never lowers an alarm: one that was high ends, and begins again at the limit.
        """
        fell, self._is_over = self._is_over and not is_over, is_over
        changes = [self._alarms.update("dose-limit", None, self._cause)] if fell or text is None else []
        if text is not None:
            priority = "high" if is_over else None
            changes.append(self._alarms.update("dose-limit", text, self._cause, priority=priority))
        yield from filter(None, changes)
