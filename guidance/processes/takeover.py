"""The engine's end of a screen channel whose screen can be replaced: by one that attaches from another terminal."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection

from guidance.common.errors import DONE, UserError
from guidance.common.worker import BackgroundWorker
from guidance.contracts.commands import OperatorCommand, Stop
from guidance.contracts.snapshot import SCREEN_TAKEN, Snapshot
from guidance.processes.exit_status import ExitOutcome
from guidance.processes.screen_channel import SocketScreenChannel
from guidance.processes.sockets import SCREEN_SUFFIX, Listener, socket_path

TAKEN_SENTENCE = "Another terminal has taken this procedure over; it goes on there."


class ReplaceableScreenChannel:
    """The channel to the screen that attached last.

    The screen before it receives a last Snapshot that says so, and has no influence any more. The stimulator is
    switched off whenever a screen attaches: its operator has not armed it.
    """

    def __init__(self, first: SocketScreenChannel) -> None:
        """Begin with the screen at ``first``, and listen for others. Raises UserError where that is not possible."""
        self._current = first
        self._former: list[SocketScreenChannel] = []
        self._successors: list[SocketScreenChannel] = []
        self._acceptor = BackgroundWorker[None]("screens", periodic=self._admit, every_s=0.0)
        path = socket_path(os.getpid(), SCREEN_SUFFIX)
        try:
            self._listener = Listener(path, 1)
            self._acceptor.start()
        except OSError as fault:
            raise UserError(
                f"No other terminal can take the procedure over: {path} cannot be created ({fault.strerror or fault})."
            ) from None

    @property
    def gone(self) -> bool:
        """Whether the screen has ended, and no other waits to take over."""
        return self._current.gone and not self._successors

    def ready(self) -> None:
        """Let the screen use the terminal."""
        self._current.ready()

    def messages(self) -> list[OperatorCommand]:
        """Return what the screen sent since the last call; after a takeover first a ``Stop``."""
        if not self._successors:
            return self._current.messages()
        self._former.append(self._current)
        self._current = self._successors.pop()
        self._successors.clear()
        self._current.ready()
        return [Stop(), *self._current.messages()]

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Send a Snapshot to the screen, and a last one to a screen that was replaced."""
        while self._former:
            self._former.pop().dismiss(
                replace(draw(), ended=SCREEN_TAKEN), ExitOutcome(DONE, TAKEN_SENTENCE, is_taken_over=True)
            )
        self._current.show(draw, at_once=at_once)

    def notify(self, sentence: str) -> None:
        """Do nothing: the next Snapshot holds the notice."""

    def close(self, outcome: object) -> None:
        """Send ``outcome`` last, and remove the socket."""
        self._current.close(outcome)
        self._acceptor.close()
        self._listener.close()

    def _admit(self) -> None:
        connection: Connection | None = self._listener.accept()
        if connection is not None:
            self._successors.append(SocketScreenChannel(connection))
