"""The engine's end of the wire to a screen: messages in, and a Snapshot out for each credit the screen has paid."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Protocol

from guidance.messages import Credit, Message
from guidance.snapshot import Snapshot

FRAME_S = 0.05
_CLOSE_S = 2.0
_HANG_UP = object()


class Desk(Protocol):
    """Where the operator sits, as a session sees it."""

    @property
    def gone(self) -> bool:
        """Whether the screen's process has ended."""

    def ready(self) -> None:
        """Say that the session is about to begin."""

    def messages(self) -> list[Message]:
        """What the operator asked for since the last call."""

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Offer a Snapshot; ``draw`` is called only if the screen is ready for it. The last one goes ``at_once``."""

    def tell(self, sentence: str) -> None:
        """Say ``sentence`` where no Snapshot says it."""


class NoScreen:
    """Nobody looks on: a headless run."""

    gone = False

    def ready(self) -> None:
        """Nothing waits for it."""

    def messages(self) -> list[Message]:
        """Nothing is ever asked for."""
        return []

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Nothing is drawn."""

    def tell(self, sentence: str) -> None:
        """Write ``sentence`` to standard error."""
        print(f"needle-guidance: {sentence}", file=sys.stderr, flush=True)


class ScreenDesk:
    """A screen in another process. At most one Snapshot is on its way, and a thread of its own sends it, so that a
    screen that reads no more never holds up the engine.
    """

    def __init__(self, wire: Connection) -> None:
        """Talk over ``wire``."""
        self._wire = wire
        self._ready = True
        self._shown_at = 0.0
        self.gone = False
        self._outbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._sender = threading.Thread(target=self._send, name="to the screen", daemon=True)
        self._sender.start()

    def ready(self) -> None:
        """Let the screen take the terminal."""
        self._outbox.put(None)

    def messages(self) -> list[Message]:
        """What the screen sent since the last call."""
        received: list[Message] = []
        try:
            while not self.gone and self._wire.poll():
                message = self._wire.recv()
                self._ready |= isinstance(message, Credit)
                received.append(message)
        except (EOFError, OSError):
            self.gone = True
        return received

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Send a Snapshot if a credit is here and the last one is a frame ago."""
        now = time.monotonic()
        if self.gone or not (at_once or (self._ready and now - self._shown_at >= FRAME_S)):
            return
        self._ready, self._shown_at = False, now
        self._outbox.put(draw())

    def tell(self, sentence: str) -> None:
        """Nothing: the next Snapshot's notice says it."""

    def close(self, outcome: object) -> None:
        """Send ``outcome`` last, and wait a little until it is out."""
        self._outbox.put(outcome)
        self._outbox.put(_HANG_UP)
        self._sender.join(_CLOSE_S)

    def _send(self) -> None:
        try:
            while (item := self._outbox.get()) is not _HANG_UP:
                self._wire.send(item)
        except OSError:
            self.gone = True
