"""A disk on which a chosen call fails, and workers without threads that write on the virtual clock."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from guidance.common.worker import BackgroundWorker
from guidance.journal.files import Disk
from tests.support.virtual_clock import VirtualClock


class HangsError(Exception):
    """The call of the disk does not return."""


class InlineWorker(BackgroundWorker[Any]):
    """A worker that handles each item at once and its periodic work when its time comes, all in the caller's thread."""

    clock: VirtualClock
    before_start: Callable[[], None]

    def start(self) -> InlineWorker:
        """Do what the thread does first."""
        self.before_start()
        self._started = True
        self._attempt(self._begin)
        while self._items and self._busy_since_s is None:
            self._attempt_item()
        self._schedule()
        return self

    @property
    def has_ended(self) -> bool:
        return self._finished

    def put(self, item: Any) -> bool:
        self._items.append(item)
        while self._started and self._items and self._busy_since_s is None:
            self._attempt_item()
        return True

    def join(self, timeout_s: float | None = None) -> None:
        """Do nothing: there is no thread."""

    def close(self, timeout_s: float | None = None) -> None:  # noqa: ARG002 - nothing is waited for
        if self._started and not self._finished and self._busy_since_s is None:
            self._closing = self._finished = True
            self._attempt(self._finish)

    def _schedule(self) -> None:
        if self._every_s is not None:
            self.clock.after(self._every_s, self._beat)

    def _beat(self) -> None:
        if not (self._closing or self._fault or self._busy_since_s is not None):
            self._attempt(self._periodic)
            self._schedule()

    def _attempt_item(self) -> None:
        item = self._items.popleft()
        if self._fault is None:
            self._attempt(lambda: self._handle(item))

    def _now_s(self) -> float:
        return self.clock.monotonic()

    def _attempt(self, work: Callable[[], object]) -> None:
        """Do ``work`` as the thread would: it keeps an OSError, and any other exception ends it."""
        try:
            work()
        except OSError as fault:
            self.fail(fault)
        except HangsError:
            self._busy_since_s = self._now_s()
        except MemoryError:
            self.fail(OSError(errno.EIO, "the program's thread for it has failed"))


class FaultyDisk(Disk):
    """The disk of one run. ``calls`` counts the calls that may fail; ``fail_at`` of them raises ``error``, at
    ``failed_ns`` for the first time.

    From ``dead`` on, as after a kill, nothing more is changed.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.calls: list[str] = []
        self.fail_at: int | None = None
        self.failed_ns: int | None = None
        self.fails_on = False
        self.error: Callable[[], BaseException] = lambda: OSError(errno.EIO, os.strerror(errno.EIO))
        self.dead = False
        self.slow_s = 0.0
        self.hangs = False
        self._clock = clock
        before = self._enter_start
        self.worker = type("Worker", (InlineWorker,), {"clock": clock, "before_start": staticmethod(before)})

    def _enter(self, call: str) -> bool:
        """Count ``call``; return whether it may be done."""
        if self.dead:
            return False
        self.calls.append(call)
        at = len(self.calls) - 1
        if self.fail_at is not None and (at == self.fail_at or (self.fails_on and at > self.fail_at)):
            self.failed_ns = self.failed_ns or self._clock.now_ns
            raise self.error()
        if self.slow_s:
            self._clock.sleep(self.slow_s)
        return True

    def _enter_start(self) -> None:
        self._enter("thread")

    def make_folder(self, path: Path) -> None:
        self._enter("make folder")
        super().make_folder(path)

    def create(self, path: Path) -> int:
        self._enter("create")
        return super().create(path)

    def write(self, fd: int, data: bytes) -> None:
        if self._enter("write"):
            super().write(fd, data)

    def sync(self, fd: int) -> None:  # noqa: ARG002 - nothing is synced: the tests would wait for the disk
        self._enter("sync")
        if self.hangs:
            raise HangsError

    def truncate(self, fd: int, size: int) -> None:
        if self._enter("truncate"):
            super().truncate(fd, size)

    def rename(self, path: Path, to: Path) -> None:
        if self._enter("rename"):
            super().rename(path, to)

    def sync_folder(self, folder: Path) -> None:  # noqa: ARG002 - as ``sync``
        self._enter("sync folder")

    def size(self, path: Path, fd: int) -> int | None:
        return None if self.dead else super().size(path, fd)
