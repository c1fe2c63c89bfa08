"""The screen's end of the connection to an engine; it delivers the newest Snapshot and drops older ones."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from multiprocessing.connection import Connection

from guidance.common.errors import FAILED
from guidance.common.start_lines import StageReport, StageReporter, report_nowhere
from guidance.contracts.commands import OperatorCommand
from guidance.contracts.snapshot import Snapshot
from guidance.processes.exit_status import ExitOutcome


class SocketLink(ABC):
    """Receiver of the Snapshots of a procedure, the newest only."""

    def __init__(self, connection: Connection) -> None:
        """Receive over ``connection``."""
        self._connection = connection

    def fileno(self) -> int:
        """Return the descriptor that is readable when a message waits."""
        return self._connection.fileno()

    def receive(self) -> Snapshot | None:
        """Return the newest waiting Snapshot, or None. Raises EOFError when the engine's process is gone."""
        newest: Snapshot | None = None
        try:
            while self._connection.poll():
                newest = self._receive_next() or newest
        except OSError:  # it died in the middle of a message
            if newest is None:
                raise EOFError from None
        except EOFError:
            if newest is None:
                raise
        return newest

    @abstractmethod
    def _receive_next(self) -> Snapshot | None:
        """Receive the next message; returns None where it is not a Snapshot."""


class EngineLink(SocketLink):
    """The screen's end of the connection to the engine. ``outcome`` is how the engine ended, None before that."""

    def __init__(self, connection: Connection) -> None:
        """Send and receive over ``connection``."""
        super().__init__(connection)
        self.outcome: ExitOutcome | None = None

    def first(self, report: StageReporter = report_nowhere) -> ExitOutcome | None:
        """Wait until the engine has opened what it needs, and ``report`` each stage; returns None, or how it failed."""
        try:
            while isinstance(message := self._connection.recv(), StageReport):
                report(message.stage, message.state)
        except EOFError:
            return ExitOutcome(FAILED, "The engine's process died before it began.")
        return message if isinstance(message, ExitOutcome) else None

    def send(self, message: OperatorCommand) -> None:
        """Send ``message`` to the engine."""
        self._connection.send(message)

    def drain(self, timeout_s: float | None) -> bool:
        """Read until the engine closes the connection or gives it to another screen, at most ``timeout_s`` (None:
        unlimited); return whether it did.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        try:
            while not (self.outcome and self.outcome.is_taken_over) and self._connection.poll(
                None if until is None else max(until - time.monotonic(), 0.0)
            ):
                self.receive()
        except EOFError:
            return True
        return self.outcome is not None and self.outcome.is_taken_over

    def _receive_next(self) -> Snapshot | None:
        message: Snapshot | ExitOutcome | None = self._connection.recv()
        if isinstance(message, ExitOutcome):
            self.outcome = message
            return None
        return message
