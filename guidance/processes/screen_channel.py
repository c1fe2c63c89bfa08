"""The engine's end of the wire to a screen: messages in, and a Snapshot out for each credit the screen has paid."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Protocol

from guidance.common.worker import BackgroundWorker
from guidance.contracts.commands import FrameAck, OperatorCommand
from guidance.contracts.snapshot import Snapshot

FRAME_S = 0.05
_CLOSE_S = 2.0


class ScreenChannel(Protocol):
    """Where the operator sits, as a session sees it."""

    @property
    def gone(self) -> bool:
        """Whether the screen's process has ended."""

    def ready(self) -> None:
        """Say that the session is about to begin."""

    def messages(self) -> list[OperatorCommand]:
        """What the operator asked for since the last call."""

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Offer a Snapshot; ``draw`` is called only if the screen is ready for it. The last one goes ``at_once``."""

    def notify(self, sentence: str) -> None:
        """Say ``sentence`` where no Snapshot says it."""


class NoScreenChannel:
    """Nobody looks on: a headless run."""

    gone = False

    def ready(self) -> None:
        """Nothing waits for it."""

    def messages(self) -> list[OperatorCommand]:
        """Nothing is ever asked for."""
        return []

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Nothing is drawn."""

    def notify(self, sentence: str) -> None:
        """Write ``sentence`` to standard error."""
        print(f"needle-guidance: {sentence}", file=sys.stderr, flush=True)


class SocketScreenChannel:
    """A screen in another process. At most one Snapshot is on its way, and a background worker sends it, so that a
    screen that reads no more never holds up the engine.
    """

    def __init__(self, connection: Connection) -> None:
        """Talk over ``connection``."""
        self._connection = connection
        self._ready = True
        self._shown_at = 0.0
        self._hung_up = False
        self._sender = BackgroundWorker[object]("to the screen", connection.send).start()

    @property
    def gone(self) -> bool:
        """Whether the screen's process has ended."""
        return self._hung_up or self._sender.fault is not None

    def ready(self) -> None:
        """Let the screen take the terminal."""
        self._sender.put(None)

    def messages(self) -> list[OperatorCommand]:
        """What the screen sent since the last call."""
        received: list[OperatorCommand] = []
        try:
            while not self.gone and self._connection.poll():
                message = self._connection.recv()
                self._ready |= isinstance(message, FrameAck)
                received.append(message)
        except (EOFError, OSError):
            self._hung_up = True
        return received

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Send a Snapshot if a credit is here and the last one is a frame ago."""
        now = time.monotonic()
        if self.gone or not (at_once or (self._ready and now - self._shown_at >= FRAME_S)):
            return
        self._ready, self._shown_at = False, now
        self._sender.put(draw())

    def notify(self, sentence: str) -> None:
        """Nothing: the next Snapshot's notice says it."""

    def close(self, outcome: object) -> None:
        """Send ``outcome`` last, and wait a little until it is out."""
        self._sender.put(outcome)
        self._sender.close(_CLOSE_S)
