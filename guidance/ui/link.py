"""The screen's end of the screen channel to the engine's process, and the watcher that reports when it is readable."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from multiprocessing.connection import wait
from typing import Any, Protocol

from guidance.contracts.commands import OperatorCommand
from guidance.contracts.snapshot import Snapshot

GONE = (EOFError, ConnectionError)
"""Errors that ``receive`` and ``send`` raise when the engine's process is gone (a broken pipe is a ConnectionError)."""

_CLOSE_CHECK_S = 0.2


class Link(Protocol):
    """A connection to the engine; every method returns at once."""

    def fileno(self) -> int:
        """Return the descriptor (on Windows: overlapped handle), readable while a Snapshot or the end waits."""

    def receive(self) -> Snapshot | None:
        """Return the newest waiting Snapshot and drop older ones; None if none waits. Raises one of GONE at the end."""

    def send(self, message: OperatorCommand) -> None:
        """Send ``message`` to the engine. Raises one of GONE."""


class LinkWatcher:
    """A watcher that calls ``ready`` on the running event loop when the link is readable: once for each ``arm``.

    On Windows a thread waits instead. It is no BackgroundWorker: it queues nothing, and waits on the system's handle of
    the link instead of an item.
    """

    def __init__(self, link: Link, ready: Callable[[], object]) -> None:
        self._link = link
        self._fileno = link.fileno()
        self._ready = ready
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._armed = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self.arm()

    def arm(self) -> None:
        """Call ``ready`` once more, as soon as the link is readable."""
        if self._thread is None:
            try:
                self._loop.add_reader(self._fileno, self._readable)
            except NotImplementedError:  # Windows: the proactor loop watches no descriptors
                self._thread = threading.Thread(target=self._wait_in_thread, name="link-watch", daemon=True)
                self._thread.start()
        self._armed.set()

    def close(self) -> None:
        """Stop watching; the link itself stays open."""
        self._closed.set()
        self._armed.set()
        if self._thread is None:
            self._loop.remove_reader(self._fileno)
        else:
            self._thread.join()

    def _readable(self) -> None:
        self._loop.remove_reader(self._fileno)
        self._ready()

    def _wait_in_thread(self) -> None:
        readable: Any = self._link  # wait() accepts any object with a fileno()
        while self._armed.wait() and not self._closed.is_set():
            if wait([readable], _CLOSE_CHECK_S):
                self._armed.clear()
                self._loop.call_soon_threadsafe(self._ready, context=self._context)
