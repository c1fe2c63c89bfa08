"""Observers of a procedure from other terminals: each receives the newest Snapshot, sends nothing, delays nothing."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from guidance.common.errors import UserError
from guidance.common.worker import BackgroundWorker
from guidance.contracts.commands import OperatorCommand
from guidance.contracts.snapshot import Snapshot
from guidance.processes.screen_channel import ScreenChannel
from guidance.processes.sockets import Listener, remove_left_behind, socket_path

FRAME_S = 0.1
"""Shortest time between two Snapshots to observers, in s."""

MOST_OBSERVERS = 4
"""Limit that keeps the work for observers small."""

_CLOSE_S = 0.5


class Observer:
    """An observer. A Snapshot that it has not read yet is replaced by the next."""

    def __init__(self, connection: Connection) -> None:
        """Begin to send over ``connection``, in a background worker."""
        self._connection = connection
        self._sender = BackgroundWorker[Snapshot](
            "to an observer", connection.send, finish=connection.close, newest_only=True
        ).start()

    @property
    def gone(self) -> bool:
        """Whether nothing more is sent."""
        return self._sender.has_ended

    def show(self, snapshot: Snapshot) -> None:
        """Offer ``snapshot``; returns at once."""
        self._sender.put(snapshot)

    def close(self) -> None:
        """Send the last Snapshot, waiting at most ``_CLOSE_S`` for it."""
        self._sender.close(_CLOSE_S)


class Observers:
    """The observers of this process, and the socket where they connect, for this user only; nothing is read from it."""

    def __init__(self) -> None:
        """Open the socket of this process. Raises UserError where that is not possible."""
        if not hasattr(socket, "AF_UNIX"):
            raise UserError("This system has no local sockets; nobody can watch the procedure.")
        remove_left_behind()
        self._path = socket_path(os.getpid())
        self._acceptor = BackgroundWorker[None]("observers", periodic=self._admit, every_s=0.0)
        self._shown_at = 0.0
        self._observers: list[Observer] = []
        try:
            self._listener = Listener(self._path, MOST_OBSERVERS)
        except OSError as fault:
            raise self._refusal(fault) from None
        try:
            self._acceptor.start()
        except OSError as fault:
            self._listener.close()
            raise self._refusal(fault) from None

    def _refusal(self, fault: OSError) -> UserError:
        why = fault.strerror or fault
        return UserError(f"Nobody can watch the procedure: {self._path} cannot be created ({why}).")

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Offer a Snapshot to all; ``draw`` is called only if there are observers, at most once in ``FRAME_S``."""
        now = time.monotonic()
        self._observers = [observer for observer in self._observers if not observer.gone]
        if not self._observers or not (at_once or now - self._shown_at >= FRAME_S):
            return
        self._shown_at = now
        snapshot = draw()
        for observer in self._observers:
            observer.show(snapshot)

    def close(self) -> None:
        """Show nothing more, and close the socket."""
        self._acceptor.close()
        self._listener.close()
        for observer in self._observers:
            observer.close()

    def _admit(self) -> None:
        """Accept the next waiting observer; returns after a moment if there is none."""
        connection = self._listener.accept()
        if connection is None:
            return
        if len(self._observers) >= MOST_OBSERVERS:
            connection.close()
            return
        self._observers = [*self._observers, Observer(connection)]


class ObservedScreenChannel:
    """A screen channel whose Snapshots observers receive too."""

    def __init__(self, screen_channel: ScreenChannel, observer_list: Observers) -> None:
        """Serve the operator at ``screen_channel`` and the observers in ``observer_list``."""
        self._screen_channel, self._observer_list = screen_channel, observer_list

    @property
    def gone(self) -> bool:
        """Whether the operator's screen has ended."""
        return self._screen_channel.gone

    def ready(self) -> None:
        """Announce that the session is about to begin."""
        self._screen_channel.ready()

    def messages(self) -> list[OperatorCommand]:
        """Return the operator's commands; observers send none."""
        return self._screen_channel.messages()

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Offer a Snapshot to the operator, then to the observers."""
        self._screen_channel.show(draw, at_once=at_once)
        self._observer_list.show(draw, at_once=at_once)

    def notify(self, sentence: str) -> None:
        """Show ``sentence`` to the operator."""
        self._screen_channel.notify(sentence)
