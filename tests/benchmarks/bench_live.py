"""What a live procedure costs and how fast it responds: ``python -m tests.benchmarks.bench_live [SECONDS]``.

A simulated amplifier, the engine and the screen on a terminal, as ``needle-guidance run`` starts them, for one channel
at 10 kHz and four at 20 kHz. CPU is of the armed procedure, in percent of one core, from /proc (Linux).
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import Any

import numpy as np

from drivers.simulated import SimulatedDevice
from guidance.stop_moment.items import ITEMS
from guidance.ui.key_timing import REPEAT_S
from tests.support.processes import ROOT, engine_pid, is_stimulus, lines

SIZES = ((1, 10_000), (4, 20_000))
WINDOW = (50, 160)
BEGUN_BYTES = 65_536
"""So much at least of what a terminal receives first is kept."""

TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """``needle-guidance`` on a terminal of its own; what it draws is read, and dropped but for what it begins with."""

    def __init__(self, *words: str) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.execv(sys.executable, [sys.executable, "-m", "guidance", *words])  # noqa: S606
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", *WINDOW, 0, 0))
        self.drawn_bytes, self.begun = 0, bytearray()

    def read_for(self, seconds: float) -> bool:
        """Read for so long; False once the program has ended."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not select.select([self._fd], [], [], left)[0]:
                continue
            try:
                drawn = os.read(self._fd, 65_536)
            except OSError:
                return False
            self.drawn_bytes += len(drawn)
            if len(self.begun) < BEGUN_BYTES:
                self.begun += drawn
        return True

    def press(self, *keys: bytes) -> None:
        """Press ``keys``, one after the other."""
        for key in keys:
            os.write(self._fd, key)
            self.read_for(0.3)

    def end(self) -> int:
        """Leave by key and wait; the exit status."""
        self.press(b"q")
        while self.read_for(0.2):
            self.press(b"q")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def cpu_s(pid: int) -> float:
    """CPU seconds that process ``pid`` has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def armed(terminal: Terminal, store: Path) -> None:
    """Wait for the signal, go through the stop moment, arm by key, and see the first pulse."""
    until = time.monotonic() + 60.0
    while not any(line["kind"] == "signal" for line in lines(store)):
        assert time.monotonic() < until, "no signal in 60 s"
        terminal.read_for(0.2)
    terminal.press(b"\r")
    for item in ITEMS:
        if item.after is None:
            terminal.press(b"1")
            terminal.read_for(REPEAT_S)
    terminal.press(b"o", b"\r")
    while not any(is_stimulus(line) for line in lines(store)):
        assert time.monotonic() < until, "not armed in 60 s"
        terminal.read_for(0.2)


def measured(channels: int, rate_hz: int, seconds: float, store: Path) -> dict[str, Any]:
    """CPU of the processes over ``seconds`` armed, lags and losses of the whole procedure."""
    with SimulatedDevice(3, channels=channels, sample_rate_hz=rate_hz, scenario="hold", start_mm=3.0) as device:
        terminal = Terminal("run", "--no-audio", "--device", device.address, "--store", str(store))
        armed(terminal, store)
        pids = {"engine": engine_pid(store), "screen": terminal.pid, "simulator": device.pid}
        before, begun, drawn = {who: cpu_s(pid) for who, pid in pids.items()}, time.monotonic(), terminal.drawn_bytes
        terminal.read_for(seconds)
        passed = time.monotonic() - begun
        cpu = {who: 100 * (cpu_s(pid) - before[who]) / passed for who, pid in pids.items()}
        drawn = terminal.drawn_bytes - drawn
        status = terminal.end()
    return {"cpu": cpu, "status": status, "drawn_kb_s": drawn / passed / 1000, "lines": lines(store)}


def report(channels: int, rate_hz: int, found: dict[str, Any]) -> str:
    """One row of the table."""
    responses = [line for line in found["lines"] if line["kind"] == "response"]
    lags = np.percentile([line["lag_ms"] for line in responses], [50, 99, 100])
    end, cpu = found["lines"][-1], found["cpu"]
    parts = (
        f"{channels} ch x {rate_hz // 1000:2d} kHz",
        f"{cpu['engine']:7.1f} {cpu['screen']:7.1f} {cpu['simulator']:10.1f} ",
        f"{lags[0]:7.2f} {lags[1]:6.2f} {lags[2]:6.2f} ",
        f"{end['lost_samples']:6d} of {end['samples']:8d} {len(responses):8d} {found['drawn_kb_s']:6.0f} kB/s ",
        f"{end['reason']}, status {found['status']}",
    )
    return "  ".join(parts)


def main(seconds: float) -> None:
    """Measure each size and print the table."""
    print(f"{seconds:g} s armed, screen of {WINDOW[1]} x {WINDOW[0]}, {os.cpu_count()} cores")
    print("                CPU in % of a core             lag of response, ms")
    print("                engine  screen  simulator     median    p99    max      lost samples   sweeps    drawn  end")
    for channels, rate_hz in SIZES:
        with tempfile.TemporaryDirectory() as store:
            print(report(channels, rate_hz, measured(channels, rate_hz, seconds, Path(store))), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
