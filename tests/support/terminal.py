"""A command on a terminal of its own (a pty): what it writes and when, and keys typed to it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PROGRAM = (sys.executable, "-m", "guidance")


@dataclass
class TerminalCommand:
    """A running command. ``text`` is all that it wrote so far, ``began_s`` when it was started, by time.monotonic."""

    pid: int
    fd: int
    began_s: float
    text: str = ""
    status: int | None = None
    _raw: bytearray = field(default_factory=bytearray)

    def type(self, keys: str) -> None:
        os.write(self.fd, keys.encode())

    def wait_for(self, words: str, timeout_s: float = 60.0) -> float:
        """Read until ``words`` are there; return the seconds since the start. Fails with what was written."""
        until = time.monotonic() + timeout_s
        while words not in self.text:
            if not self._read(until):
                raise AssertionError(f"{words!r} not in {self.text!r}")
        return time.monotonic() - self.began_s

    def read_for(self, seconds: float) -> None:
        """Read what is written in the next ``seconds``: a screen waits for a terminal that nobody reads."""
        until = time.monotonic() + seconds
        while self._read(until):
            pass

    def end(self, timeout_s: float = 60.0) -> int:
        """Read until the command ends; return its status."""
        until = time.monotonic() + timeout_s
        while self._read(until):
            pass
        assert time.monotonic() < until, self.text
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def close(self) -> None:
        """Close the terminal, as its window does."""
        with suppress(OSError):
            os.close(self.fd)

    def _read(self, until: float) -> bool:
        """Read once; return False at the end of the command, or after ``until``."""
        if not select.select([self.fd], [], [], max(until - time.monotonic(), 0.0))[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # Linux: the command has closed its terminal
            return False
        self._raw += data
        self.text = self._raw.decode(errors="replace")
        return bool(data)


@contextmanager
def on_terminal(
    words: Sequence[str], env: Mapping[str, str], *, columns: int = 80, rows: int = 24
) -> Iterator[TerminalCommand]:
    """Run ``needle-guidance`` with ``words`` on a terminal of that size; kill it at the end if it still runs."""
    began_s = time.monotonic()
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.execvpe(PROGRAM[0], [*PROGRAM, *words], {**os.environ, "TERM": "xterm-256color", **env})  # noqa: S606
    command = TerminalCommand(pid, fd, began_s)
    try:
        yield command
    finally:
        command.close()
        if command.status is None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
