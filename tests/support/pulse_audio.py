"""A private PulseAudio server with a null loudspeaker, and a recorder of its output with times."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, Self
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 48_000
WAIT_S = 10.0
NEEDS = ("pulseaudio", "pactl", "parec")


def missing_tools() -> str | None:
    """Return what this machine lacks to record its own sound; None if nothing."""
    missing = [name for name in NEEDS if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed (Debian: pulseaudio pulseaudio-utils)"
    if ctypes.util.find_library("portaudio") is None:
        return "PortAudio not installed (Debian: libportaudio2)"
    return None


class PulseServer:
    """A private server; a program with ``environment`` uses it. It can be killed and started again.

    An idle sink of PulseAudio mixes two seconds ahead, and its monitor receives nothing new until they are over;
    without rewinds it is 50 ms.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sound-")
        self.address = f"unix:{self._folder.name}/native"
        self.environment = {
            "PULSE_SERVER": self.address, "XDG_RUNTIME_DIR": self._folder.name, "HOME": self._folder.name,
            "PULSE_RUNTIME_PATH": f"{self._folder.name}/run", "PULSE_COOKIE": f"{self._folder.name}/cookie",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server. Raises RuntimeError if it does not start."""
        words = [
            "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-level=error",
            "-L", f"module-null-sink sink_name=out rate={RATE_HZ} channels=2 norewinds=1",
            "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self._folder.name}/native",
        ]  # fmt: skip
        environment = os.environ | self.environment
        self._process = subprocess.Popen(
            words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            if self._pactl("info") == 0:
                return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError("a PulseAudio server did not start")

    def kill(self) -> None:
        """Kill the server at once, like a crash of the sound system."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
        Path(self._folder.name, "native").unlink(missing_ok=True)

    def freeze(self, *, on: bool) -> None:
        """Stop the server, or let it continue."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)

    def close(self) -> None:
        """Kill the server and remove its folder."""
        self.kill()
        self._folder.cleanup()

    def _pactl(self, *words: str) -> int:
        done = subprocess.run(
            ["pactl", *words], env=os.environ | self.environment, capture_output=True, timeout=WAIT_S, check=False
        )
        return done.returncode


def _raise(why: str) -> NoReturn:
    raise RuntimeError(why)


@contextmanager
def served(refuse: Callable[[str], NoReturn] = _raise) -> Iterator[PulseServer]:
    """Run a server meanwhile; where none can run, call ``refuse`` with the reason."""
    why = missing_tools()
    if why:
        refuse(f"no way to record sound: {why}")
    server = PulseServer()
    try:
        try:
            server.start()
        except (RuntimeError, OSError) as fault:
            refuse(f"no way to record sound: {fault}")
        yield server
    finally:
        server.close()


@contextmanager
def used(server: PulseServer) -> Iterator[None]:
    """Let all that this process opens or starts meanwhile play on ``server``."""
    with patch.dict(os.environ, server.environment):
        yield


@contextmanager
def own_sound(refuse: Callable[[str], NoReturn] = _raise) -> Iterator[PulseServer]:
    """Run and use a server meanwhile; where none can run, call ``refuse`` with the reason."""
    with served(refuse) as server, used(server):
        yield server


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """The recorded output: ``samples`` in -1 to 1 at RATE_HZ, the first at ``began_s`` (monotonic clock)."""

    samples: NDArray[np.float64]
    began_s: float

    def since(self, at_s: float, seconds: float | None = None) -> NDArray[np.float64]:
        """Return the samples from ``at_s`` on."""
        first = max(round((at_s - self.began_s) * RATE_HZ), 0)
        return self.samples[first : None if seconds is None else first + round(seconds * RATE_HZ)]

    def first_after(self, at_s: float, level: float = 1e-4) -> float | None:
        """Return the time of the first sample beyond ``level`` after ``at_s``; None without one."""
        beyond = np.flatnonzero(np.abs(self.since(at_s)) > level)
        return max(at_s, self.began_s) + float(beyond[0]) / RATE_HZ if len(beyond) else None


@dataclass(slots=True)
class Recorder:
    """A recorder of the monitor of ``server``'s sink.

    Bytes can only arrive late, so the earliest of all chunks gives the time of each sample.
    """

    server: PulseServer
    _chunks: list[tuple[float, bytes]] = field(default_factory=list, init=False)
    _process: Any = field(default=None, init=False)
    _thread: Any = field(default=None, init=False)

    def __enter__(self) -> Self:
        words = ["parec", "--device=out.monitor", f"--rate={RATE_HZ}", "--channels=1", "--format=s16le", "--raw"]
        environment = os.environ | self.server.environment
        self._process = subprocess.Popen(
            [*words, "--latency-msec=2"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        until = time.monotonic() + WAIT_S
        while not self._chunks and time.monotonic() < until:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join()
        self._process.stdout.close()

    def _follow(self) -> None:
        descriptor = self._process.stdout.fileno()
        while chunk := os.read(descriptor, 65_536):
            self._chunks.append((time.monotonic(), chunk))

    def recording(self) -> Recording:
        """Return all samples so far."""
        chunks = list(self._chunks)
        counts = np.cumsum([len(chunk) // 2 for _, chunk in chunks])
        settled = counts > min(RATE_HZ // 4, counts[-1] - 1)
        began = np.array([at for at, _ in chunks]) - counts / RATE_HZ
        samples = np.frombuffer(b"".join(chunk for _, chunk in chunks), np.int16) / 32768.0
        return Recording(samples, float(began[settled].min()))
