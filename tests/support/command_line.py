"""The command line in this process, or as a process of its own."""

from __future__ import annotations

import contextlib
import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from guidance.cli import main
from guidance.processes.launch import ENDING
from guidance.session import Host
from tests.support.event_rules import Line, read

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended: exit status, and what it wrote."""

    status: object
    out: str
    err: str

    @property
    def lines(self) -> list[Line]:
        return read(self.out)

    @property
    def is_one_sentence(self) -> bool:
        """Whether there is nothing but one sentence from this program on standard error."""
        sentence = self.err.removeprefix("needle-guidance: ")
        return sentence != self.err and sentence.count("\n") == 1 and sentence.endswith("\n") and not self.out


@contextlib.contextmanager
def signals_restored() -> Iterator[None]:
    """Restore the signal handlers at the end."""
    previous = {number: signal.getsignal(number) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def command(*arguments: str | Path, host: Host | None = None) -> Done:
    """Run ``needle-guidance`` with ``arguments`` here, or on ``host``; any exception but SystemExit is raised."""
    out, err = io.StringIO(), io.StringIO()
    status: object = 0
    argv = mock.patch.object(sys, "argv", ["needle-guidance", *map(str, arguments)])
    with signals_restored(), argv, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(host)
        except SystemExit as leave:
            status = leave.code
    return Done(status, out.getvalue(), err.getvalue())


def replay(path: str | Path, *options: str | Path) -> Done:
    """Replay ``path`` here without a screen, as fast as possible, the records on standard output."""
    return command("replay", path, "--headless", "--fast", *options)


def started(*arguments: str | Path, stdout: int | None = subprocess.PIPE) -> subprocess.Popen[str]:
    """Start ``needle-guidance`` as a process of its own."""
    program = [sys.executable, "-m", "guidance", *map(str, arguments)]
    return subprocess.Popen(program, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, text=True, encoding="utf-8")
