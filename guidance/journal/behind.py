"""Work that nobody waits for: a thread takes items in their order, and brings them to the disk twice a second."""

from __future__ import annotations

import errno
import queue
import threading
import time
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

SYNC_S = 0.5
MOST_WAITING = 20_000

Item = TypeVar("Item")


class Behind(ABC, Generic[Item]):
    """Takes what is ``put`` in a thread of its own; the first OSError there ends it, and is kept as ``fault``."""

    def __init__(self, name: str) -> None:
        """Begin, as the thread ``name``."""
        self.fault: OSError | None = None
        self._items: queue.Queue[Item | None] = queue.Queue(MOST_WAITING)
        self._began = False
        self._thread = threading.Thread(target=self._follow, name=name, daemon=True)

    def start(self) -> None:
        """Let the thread go; what was put before comes first."""
        self._began = True
        self._thread.start()

    def put(self, item: Item) -> None:
        """Have ``item`` taken soon; nothing where there has been a fault."""
        if self.fault is not None:
            return
        try:
            self._items.put_nowait(item)
        except queue.Full:
            self.fault = OSError(errno.EBUSY, "the disk does not keep up")
        if self._began and not self._thread.is_alive():
            self.fault = OSError(errno.EIO, "the program's thread for it has failed")

    def close(self) -> None:
        """Wait until all is taken and on the disk."""
        if self._began:
            self._items.put(None)
            self._thread.join()

    @abstractmethod
    def _take(self, item: Item) -> None:
        """Take ``item``. Raises OSError."""

    @abstractmethod
    def _now_and_then(self) -> None:
        """Do what is due twice a second, such as bringing it to the disk. Raises OSError."""

    @abstractmethod
    def _finish(self) -> None:
        """Finish, whether or not there was a fault. Raises OSError."""

    def _follow(self) -> None:
        due = time.monotonic() + SYNC_S
        while (item := self._next(due)) is not None:
            due = self._done(item, due)
        try:
            self._finish()
        except OSError as fault:
            self.fault = self.fault or fault

    def _next(self, due: float) -> list[Item] | None:
        """The next item, none where ``due`` passed without one; None at the end."""
        try:
            item = self._items.get(timeout=max(due - time.monotonic(), 0.0))
        except queue.Empty:
            return []
        return None if item is None else [item]

    def _done(self, items: list[Item], due: float) -> float:
        """Take ``items``, do what is due; when that is due again."""
        try:
            if self.fault is None:
                for item in items:
                    self._take(item)
            if time.monotonic() < due:
                return due
            if self.fault is None:
                self._now_and_then()
        except OSError as fault:
            self.fault = fault
        return time.monotonic() + SYNC_S
