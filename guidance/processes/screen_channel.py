"""The engine's end of the connection to a screen: commands in, and a Snapshot out for each frame acknowledged."""

from __future__ import annotations

import contextlib
import select
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Protocol

from guidance.common.start_lines import StageReport
from guidance.common.worker import BackgroundWorker
from guidance.contracts.commands import FrameAck, OperatorCommand
from guidance.contracts.snapshot import Snapshot

FRAME_S = 0.05
"""Shortest time between two Snapshots, in s."""

_CLOSE_S = 2.0


class ScreenChannel(Protocol):
    """Interface of a session to the operator's screen."""

    @property
    def gone(self) -> bool:
        """Whether the screen's process has ended."""

    def ready(self) -> None:
        """Announce that the session is about to begin."""

    def messages(self) -> list[OperatorCommand]:
        """Return the operator's commands since the last call."""

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Offer a Snapshot; ``draw`` is called only if the screen is ready for it. The last one goes ``at_once``."""

    def notify(self, sentence: str) -> None:
        """Show ``sentence`` where no Snapshot shows it."""


class NoScreenChannel:
    """The channel of a headless run, which has no screen."""

    gone = False

    def ready(self) -> None:
        """Do nothing: no screen waits."""

    def messages(self) -> list[OperatorCommand]:
        """Return no commands."""
        return []

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Draw nothing."""

    def notify(self, sentence: str) -> None:
        """Write ``sentence`` to standard error."""
        with contextlib.suppress(OSError):  # the terminal may be closed
            print(f"needle-guidance: {sentence}", file=sys.stderr, flush=True)


class SocketScreenChannel:
    """The channel to a screen in another process.

    At most one Snapshot is on its way, and a background worker sends it, so that a screen that stops reading never
    delays the engine.
    """

    def __init__(self, connection: Connection) -> None:
        """Send and receive over ``connection``."""
        self._connection = connection
        self._has_input = _input_test(connection)
        self._ready = True
        self._shown_at = 0.0
        self._hung_up = False
        self._sender = BackgroundWorker[object]("to the screen", connection.send).start()

    @property
    def gone(self) -> bool:
        """Whether the screen's process has ended."""
        return self._hung_up or self._sender.fault is not None

    def ready(self) -> None:
        """Let the screen use the terminal."""
        self._sender.put(None)

    def report_stage(self, stage: str, state: str) -> None:
        """Report the ``state`` of a ``stage`` of opening, before ``ready``."""
        self._sender.put(StageReport(stage, state))

    def messages(self) -> list[OperatorCommand]:
        """Return what the screen sent since the last call."""
        received: list[OperatorCommand] = []
        try:
            while not self.gone and self._has_input():
                message = self._connection.recv()
                self._ready |= isinstance(message, FrameAck)
                received.append(message)
        except (EOFError, OSError):
            self._hung_up = True
        return received

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Send a Snapshot if the last one was acknowledged and ``FRAME_S`` has passed."""
        now = time.monotonic()
        if self.gone or not (at_once or (self._ready and now - self._shown_at >= FRAME_S)):
            return
        self._ready, self._shown_at = False, now
        self._sender.put(draw())

    def notify(self, sentence: str) -> None:
        """Do nothing: the next Snapshot holds the notice."""

    def dismiss(self, snapshot: Snapshot, outcome: object) -> None:
        """Send a last ``snapshot`` and ``outcome``; returns at once, and a screen that reads nothing is left alone."""
        self._sender.put(snapshot)
        self.close(outcome, 0.0)

    def close(self, outcome: object, timeout_s: float | None = None) -> None:
        """Send ``outcome`` last, and wait at most ``timeout_s`` (None: ``_CLOSE_S``) until it is sent."""
        self._sender.put(outcome)
        self._sender.close(_CLOSE_S if timeout_s is None else timeout_s)


def _input_test(connection: Connection) -> Callable[[], bool]:
    """Return what tests whether ``connection`` has something to receive, its end included; it never waits.

    ``Connection.poll`` sets up a selector at each call, which takes ten times as long.
    """
    if not hasattr(select, "poll"):
        return connection.poll
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return lambda: bool(waiting.poll(0))
