"""Background work: the one thread that queues, paces and ends work that nobody waits for."""

from __future__ import annotations

import errno
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Generic, Self, TypeVar

MOST_WAITING = 20_000
"""Items: at some hundred records and blocks a second this is over half a minute, longer than a disk stalls."""

_HANGS_S = 0.05
"""Time in s between two checks of whether the work hangs, at the end."""

Item = TypeVar("Item")


def _nothing(*_: object) -> None:
    """Do nothing."""


class BackgroundWorker(Generic[Item]):
    """A thread that handles items in order, so that a caller who puts them never waits.

    The thread runs ``begin`` first, then ``handle`` for each item and ``periodic`` every ``every_s``, then ``finish``.
    It keeps the first OSError as ``fault`` and ends the work: items that still wait are dropped, and ``finish`` is
    called. With ``newest_only`` an item that still waits gives way to the next.
    """

    def __init__(
        self,
        name: str,
        handle: Callable[[Item], object] = _nothing,
        *,
        begin: Callable[[], object] = _nothing,
        periodic: Callable[[], object] = _nothing,
        every_s: float | None = None,
        finish: Callable[[], object] = _nothing,
        most_waiting: int = MOST_WAITING,
        newest_only: bool = False,
    ) -> None:
        """Construct the thread ``name``, which ``start`` starts."""
        self._handle, self._begin, self._periodic, self._finish = handle, begin, periodic, finish
        self._every_s = every_s
        self._longest_s: float | None = None
        self._busy_since_s: float | None = None
        self._items: deque[Item] = deque(maxlen=1 if newest_only else None)
        self._most_waiting = 2 if newest_only else most_waiting
        self._news = threading.Condition()
        self._fault: OSError | None = None
        self._started = self._closing = self._finished = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def fault(self) -> OSError | None:
        """The OSError that ended the work before it was closed; None while there is none."""
        if self._fault is None and self.has_ended and not self._finished:
            self._fault = OSError(errno.EIO, "the program's thread for it has failed")
        if self._fault is None and self.hangs:
            self._fault = OSError(errno.ETIMEDOUT, f"the disk has not responded for {self._longest_s:g} s")
        return self._fault

    @property
    def hangs(self) -> bool:
        """Whether the work under way has taken too long."""
        since_s = self._busy_since_s
        return self._longest_s is not None and since_s is not None and self._now_s() - since_s > self._longest_s

    @property
    def has_ended(self) -> bool:
        """Whether the thread has run and does no more."""
        return self._started and not self._thread.is_alive()

    def start(self) -> Self:
        """Start the thread and return the worker; items put before come first. Raises OSError."""
        try:
            self._thread.start()
        except RuntimeError:
            raise OSError(errno.EAGAIN, "this computer can start no more threads") from None
        self._started = True
        return self

    def watched(self, longest_s: float) -> Self:
        """Take work that lasts longer than ``longest_s`` as hanging: a fault, whose end ``close`` does not wait for."""
        self._longest_s = longest_s
        return self

    def put(self, item: Item) -> bool:
        """Queue ``item`` and return True; return False and queue nothing where the most allowed already wait."""
        with self._news:
            if len(self._items) >= self._most_waiting:
                return False
            self._items.append(item)
            self._news.notify()
        return True

    def fail(self, fault: OSError) -> None:
        """End the work for ``fault``, as if the thread had met it."""
        with self._news:
            self._fault = self._fault or fault
            self._items.clear()
            self._news.notify()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait until the thread has ended, at most ``timeout_s``."""
        if self._started:
            self._thread.join(timeout_s)

    def close(self, timeout_s: float | None = None) -> None:
        """Handle what still waits, finish, and wait for the end, at most ``timeout_s``; a second call does nothing."""
        with self._news:
            self._closing = True
            self._news.notify()
        if timeout_s is not None or self._longest_s is None:
            self.join(timeout_s)
        while self._started and self._thread.is_alive() and not self.hangs and timeout_s is None:
            self.join(_HANGS_S)

    def _run(self) -> None:
        for work in (self._work, lambda: self._do(self._finish)):
            try:
                work()
            except OSError as fault:
                self.fail(fault)
        self._finished = True

    def _work(self) -> None:
        self._do(self._begin)
        due = self._next_due()
        while (items := self._next(due)) is not None:
            for item in items:
                self._do(partial(self._handle, item))
            if due is not None and time.monotonic() >= due:
                self._do(self._periodic)
                due = self._next_due()

    def _do(self, work: Callable[[], object]) -> None:
        self._busy_since_s = self._now_s()
        try:
            work()
        finally:
            self._busy_since_s = None

    def _now_s(self) -> float:
        return time.monotonic()

    def _next_due(self) -> float | None:
        return None if self._every_s is None else time.monotonic() + self._every_s

    def _next(self, due: float | None) -> list[Item] | None:
        """Return the next item, none where ``due`` passed without one; None at the end."""
        timeout_s = None if due is None else max(due - time.monotonic(), 0.0)
        with self._news:
            self._news.wait_for(lambda: self._items or self._closing or self._fault, timeout_s)
            if self._fault is None and self._items:
                return [self._items.popleft()]
            return None if self._closing or self._fault else []
