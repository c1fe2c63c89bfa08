"""Simulated patient behind a simulated ONA amplifier, in a process of its own.

All of it is a simulation. Parameters are drawn widely for each seed; their declarations name their sources.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from drivers.base import DeviceLost, DeviceRefused
from drivers.transport.reader_thread import ReaderThread

REPLY_S = 10.0
_ROOT = Path(__file__).resolve().parents[2]


class SimulatedDevice:
    """Running process of a simulated amplifier at ``address``, steered with ``command``. Use it in a ``with``.

    The process ends with ``close``. It also ends with this process, however that dies, because its stdin ends.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        channels: int = 1,
        sample_rate_hz: int = 20_000,
        scenario: str = "procedure",
        start_mm: float | None = None,
        mains_hz: float = 50.0,
        options: tuple[str, ...] = (),
    ) -> None:
        """Start the process and wait for its address; ``options`` are more options of ``python -m drivers.simulated``.

        Raises DeviceRefused where it does not start.
        """
        command = [sys.executable, "-m", "drivers.simulated", f"--seed={seed}", f"--channels={channels}"]
        command += [f"--rate={sample_rate_hz}", f"--scenario={scenario}", f"--mains={mains_hz}", *options]
        command += [] if start_mm is None else [f"--start-mm={start_mm}"]
        self._process = _started(command)
        self._stdin, self._stdout = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        self._unread_replies = 0
        self._reader = ReaderThread[str]("simulated responses", self._read)
        self._reader.start()
        try:
            self.address = self._reply().strip()
        except DeviceLost as error:
            raise DeviceRefused("the simulated amplifier did not start; its messages are on stderr") from error

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def command(self, text: str) -> dict[str, Any]:
        """Execute one control line (see ``drivers.simulated.control``) and return its reply.

        Raises ValueError where the line is wrong, DeviceLost where the process has ended.
        """
        self.send(text)
        while self._unread_replies > 1:
            self._reply()
            self._unread_replies -= 1
        self._unread_replies = 0
        reply: dict[str, Any] = json.loads(self._reply())
        if "error" in reply:
            raise ValueError(reply["error"])
        return reply

    def newest_reply(self) -> dict[str, Any] | None:
        """Return the newest reply that has arrived since the last call, None without one; never waits."""
        newest: str | None = None
        with contextlib.suppress(DeviceLost):
            while (line := self._reader.next()) is not None:
                newest, self._unread_replies = line, self._unread_replies - 1
        return None if newest is None else json.loads(newest)

    def send(self, text: str) -> None:
        """Send one control line without waiting; a wrong one changes nothing. Raises DeviceLost as ``command`` does."""
        try:
            self._stdin.write(text + "\n")
            self._stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise DeviceLost(f"the simulated amplifier has ended and cannot do {text!r}; start it again") from error
        self._unread_replies += 1

    def truth(self) -> dict[str, Any]:
        """Return the patient's true state now: the fields of ``drivers.simulated.patient.PatientTruth``."""
        truth: dict[str, Any] = self.command("truth")["truth"]
        return truth

    def close(self) -> None:
        """End the process; may be called twice."""
        # the pipe is broken where the process has ended by itself
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        try:
            self._process.wait(REPLY_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> DeviceLost:
        for line in self._stdout:
            self._reader.put(line)
        return DeviceLost("the simulated amplifier ended without a reply; its messages are on stderr")

    def _reply(self) -> str:
        try:
            line = self._reader.next(REPLY_S)
        except DeviceLost:
            self.close()
            raise
        if line is None:
            self.close()
            raise DeviceLost(f"the simulated amplifier sent no reply for {REPLY_S:g} s; its messages are on stderr")
        return line


def _started(command: list[str]) -> subprocess.Popen[str]:
    """Start the process in a session of its own, so that Ctrl-C in the terminal does not end it before its parent."""
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    try:
        return subprocess.Popen(  # noqa: S603 - this interpreter and this package, nothing from outside
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,
        )
    except OSError as error:
        raise DeviceRefused(f"the simulated amplifier could not be started: {error}") from error
