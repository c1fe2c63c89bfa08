"""Whoever looks on at a procedure from another terminal: sees the newest Snapshot, says nothing, slows nothing down."""

from __future__ import annotations

import contextlib
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
from guidance.processes.sockets import socket_path

FRAME_S = 0.1
MOST_OBSERVERS = 4
_ACCEPT_S = 0.2
_CLOSE_S = 0.5


class Observer:
    """One who looks on, over ``connection``. A Snapshot not yet taken gives way to the next."""

    def __init__(self, connection: Connection) -> None:
        """Begin to send, in a background worker."""
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
        """Let the last Snapshot out, as far as it goes in a moment."""
        self._sender.close(_CLOSE_S)


class Observers:
    """The socket at which onlookers come in, for this user alone; nothing is ever read from them."""

    def __init__(self) -> None:
        """Open the socket of this process. Raises UserError where that cannot be."""
        if not hasattr(socket, "AF_UNIX"):
            raise UserError("This system has no local sockets; nobody can look on.")
        self._path = socket_path(os.getpid())
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.unlink(missing_ok=True)
            self._socket.bind(str(self._path))
            self._path.chmod(0o600)
            self._socket.listen(MOST_OBSERVERS)
        except OSError as fault:
            self._socket.close()
            raise UserError(f"Nobody can look on: {self._path} cannot be made ({fault.strerror}).") from None
        self._socket.settimeout(_ACCEPT_S)
        self._shown_at = 0.0
        self._observers: list[Observer] = []
        self._acceptor = BackgroundWorker[None]("observers", periodic=self._admit, every_s=0.0).start()

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Offer a Snapshot to all; ``draw`` is called only if there is someone, at most ten times a second."""
        now = time.monotonic()
        self._observers = [observer for observer in self._observers if not observer.gone]
        if not self._observers or not (at_once or now - self._shown_at >= FRAME_S):
            return
        self._shown_at = now
        snapshot = draw()
        for observer in self._observers:
            observer.show(snapshot)

    def close(self) -> None:
        """Show nothing more, and close the door."""
        self._acceptor.close()
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink()
        for observer in self._observers:
            observer.close()

    def _admit(self) -> None:
        """Let in who waits at the door; wait a moment where there is nobody."""
        with contextlib.suppress(OSError):
            connection, _ = self._socket.accept()
            if len(self._observers) >= MOST_OBSERVERS:
                connection.close()
                return
            connection.setblocking(True)
            self._observers = [*self._observers, Observer(Connection(connection.detach()))]


class ObservedScreenChannel:
    """A desk beside which others look on."""

    def __init__(self, screen_channel: ScreenChannel, observer_list: Observers) -> None:
        """The operator sits at ``screen_channel``."""
        self._screen_channel, self._observer_list = screen_channel, observer_list

    @property
    def gone(self) -> bool:
        """Whether the operator's screen has ended."""
        return self._screen_channel.gone

    def ready(self) -> None:
        """Say that the session is about to begin."""
        self._screen_channel.ready()

    def messages(self) -> list[OperatorCommand]:
        """What the operator asked for; onlookers ask for nothing."""
        return self._screen_channel.messages()

    def show(self, draw: Callable[[], Snapshot], *, at_once: bool = False) -> None:
        """Offer a Snapshot to the operator, then to those who look on."""
        self._screen_channel.show(draw, at_once=at_once)
        self._observer_list.show(draw, at_once=at_once)

    def notify(self, sentence: str) -> None:
        """Say ``sentence`` to the operator."""
        self._screen_channel.notify(sentence)
