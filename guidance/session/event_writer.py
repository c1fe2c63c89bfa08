"""Destinations of the event stream: the procedure's journal, and the copy that ``--events`` names."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from drivers.base import CLOCK, Clock
from guidance.common.errors import StorageError, UsageError
from guidance.common.worker import BackgroundWorker
from guidance.contracts.events import TimedRecord
from guidance.contracts.record_serializer import RecordSerializer
from guidance.session.event_file import open_event_file

_MOST_WAITING = 20_000
_CLOSE_S = 2.0


class LineTarget(Protocol):
    """Destination for the lines of a stream, each written whole and at once."""

    name: str

    def write(self, line: bytes) -> None:
        """Write ``line``, its end included. Raises OSError."""

    def close(self) -> None:
        """Accept no more lines."""


class EventWriter:
    """Writer that numbers and stamps every record, and writes it to all its targets, line by line."""

    def __init__(self, *targets: LineTarget | None, clock: Clock = CLOCK) -> None:
        """Write to each of ``targets``; ``close`` closes them."""
        self._clock = clock
        self._numbering = RecordSerializer()
        self._targets = [target for target in targets if target is not None]
        self._failed_targets: list[LineTarget] = []
        self._faults: list[StorageError] = []

    def write(self, timed: TimedRecord) -> None:
        """Stamp and write one record. Raises StorageError once for each target that fails, and stops writing to it."""
        line = (self._numbering.line(timed, self._clock.monotonic_ns()) + "\n").encode("utf-8", "backslashreplace")
        for target in list(self._targets):
            try:
                target.write(line)
            except OSError as fault:
                self._targets.remove(target)
                self._failed_targets.append(target)
                self._faults.append(StorageError(_sentence(target, fault), target.name))
        if self._faults:
            raise self._faults.pop(0)

    def close(self) -> None:
        """Close all targets."""
        while remaining := self._targets or self._failed_targets:
            remaining.pop().close()


class FileTarget:
    """A file or pipe that is written without a buffer."""

    def __init__(self, path: str) -> None:
        """Open ``path``, where only an earlier copy of events is overwritten. Raises UsageError."""
        self.name = path
        self._fd = open_event_file(path)

    def write(self, line: bytes) -> None:
        """Write ``line``."""
        while line:
            line = line[os.write(self._fd, line) :]

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


class StandardOutput:
    """Standard output, in UTF-8 whatever the terminal's encoding."""

    name = "standard output"

    def __init__(self) -> None:
        """Switch standard output to UTF-8. Raises UsageError where there is none."""
        if sys.stdout is None:
            raise UsageError("--events - writes to standard output, which is closed; name a file.")
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")

    def write(self, line: bytes) -> None:
        """Write and flush ``line``; after a failure nothing more is written."""
        try:
            sys.stdout.write(line.decode())
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python flushes again at its end
            raise

    def close(self) -> None:
        """Do nothing: standard output stays open for the rest of the program."""


class BackgroundWriter:
    """A copy that never delays its writer: a background worker writes it, and gives up on a reader that is too slow."""

    def __init__(self, path: str) -> None:
        """Copy to ``path`` or "-"; a named pipe is opened once it has a reader. Raises UsageError."""
        self.name = path
        waits = path != "-" and _is_pipe(path)
        self._open: Callable[[], LineTarget] = (lambda: FileTarget(path)) if waits else _always(open_target(path))
        self._target: LineTarget | None = None
        self._worker = BackgroundWorker[bytes](
            f"events to {path}", self._copy, begin=self._begin, finish=self._finish, most_waiting=_MOST_WAITING
        ).start()

    def write(self, line: bytes) -> None:
        """Queue ``line`` for writing. Raises the OSError that an earlier line met."""
        if self._worker.fault is not None:
            raise self._worker.fault
        if not self._worker.put(line):
            raise TimeoutError(None, "its reader does not keep up")

    def close(self) -> None:
        """Wait at most ``_CLOSE_S`` for the lines that are still queued."""
        self._worker.close(_CLOSE_S)

    def _begin(self) -> None:
        self._target = self._open()

    def _copy(self, line: bytes) -> None:
        if self._target is not None:
            self._target.write(line)

    def _finish(self) -> None:
        if self._target is not None:
            self._target.close()


def open_target(path: str) -> LineTarget:
    """Open the target that ``path`` names, "-" being standard output. Raises UsageError."""
    return StandardOutput() if path == "-" else FileTarget(path)


def _always(target: LineTarget) -> Callable[[], LineTarget]:
    return lambda: target


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(Path(path).stat().st_mode)
    except OSError:
        return False


def _sentence(target: LineTarget, fault: OSError) -> str:
    return f"Writing events to {target.name} failed ({fault.strerror}); what was written before is still there."
