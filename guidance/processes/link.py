"""The screen's end of a wire: all that waits is taken in at once, and the newest Snapshot of it is handed on."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from multiprocessing.connection import Connection

from guidance.common.errors import FAILED
from guidance.contracts.commands import OperatorCommand
from guidance.contracts.snapshot import Snapshot
from guidance.processes.exit_status import ExitOutcome


class SocketLink(ABC):
    """Receives the Snapshots of a procedure, the newest only."""

    def __init__(self, connection: Connection) -> None:
        """Listen on ``connection``."""
        self._connection = connection

    def fileno(self) -> int:
        """Descriptor that is readable when something waits."""
        return self._connection.fileno()

    def receive(self) -> Snapshot | None:
        """The newest waiting Snapshot, or None. Raises EOFError when the engine's process is gone."""
        newest: Snapshot | None = None
        try:
            while self._connection.poll():
                newest = self._receive_next() or newest
        except OSError:  # it died in the middle of a message
            raise EOFError from None
        except EOFError:
            if newest is None:
                raise
        return newest

    @abstractmethod
    def _receive_next(self) -> Snapshot | None:
        """What comes next on the wire; None where that is no Snapshot."""


class EngineLink(SocketLink):
    """The screen's end of the wire to the engine's process."""

    def __init__(self, connection: Connection) -> None:
        """Talk over ``connection``."""
        super().__init__(connection)
        self.outcome: ExitOutcome | None = None

    def first(self) -> ExitOutcome | None:
        """Wait for the engine to have opened what it needs: None, or how it failed."""
        try:
            message = self._connection.recv()
        except EOFError:
            return ExitOutcome(FAILED, "The engine's process died before it began.")
        return message if isinstance(message, ExitOutcome) else None

    def send(self, message: OperatorCommand) -> None:
        """Hand ``message`` to the engine."""
        self._connection.send(message)

    def drain(self, timeout_s: float | None) -> bool:
        """Read until the engine hangs up, for at most ``timeout_s``, None for ever; whether it has."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        try:
            while self._connection.poll(None if until is None else max(until - time.monotonic(), 0.0)):
                self.receive()
        except EOFError:
            return True
        return False

    def _receive_next(self) -> Snapshot | None:
        message: Snapshot | ExitOutcome | None = self._connection.recv()
        if isinstance(message, ExitOutcome):
            self.outcome = message
            return None
        return message
