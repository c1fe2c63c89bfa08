"""The channel of a headless run, which reports a program that hangs: no screen shows that it is silent."""

from __future__ import annotations

import time
from typing import Self

from guidance.common.worker import BackgroundWorker
from guidance.contracts.commands import OperatorCommand
from guidance.processes.screen_channel import NoScreenChannel

HANGS_S = 5.0
"""A session that has not come round for so long hangs: on a slow computer a round takes some tenths of a second."""

_EVERY_S = 0.5


class HeadlessChannel(NoScreenChannel):
    """The channel of a headless run; use it as a context.

    A thread of its own writes a sentence to standard error once the session has not called ``messages`` for
    ``HANGS_S``. By then the stimulator is off: nothing is sent to it while the session hangs, and its watchdog acts.
    """

    def __init__(self) -> None:
        """Begin to watch with the first round of the session."""
        self._round_s: float | None = None
        self._is_reported = False
        self._watch = BackgroundWorker[None]("watch for a hang", periodic=self._check, every_s=_EVERY_S)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the thread."""
        self._round_s = None
        self._watch.close()

    def messages(self) -> list[OperatorCommand]:
        """Return no commands; each call is a sign of life."""
        self._round_s, self._is_reported = time.monotonic(), False
        return []

    def _check(self) -> None:
        round_s = self._round_s
        if round_s is None or self._is_reported or time.monotonic() - round_s < HANGS_S:
            return
        self._is_reported = True
        self.notify(
            f"The program has not responded for {HANGS_S:g} s, as the disk or the system holds it up: nothing is "
            "recorded, and no pulse is requested. Switch the stimulator off by hand."
        )
