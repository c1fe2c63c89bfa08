"""What a start costs: ``python -m tests.benchmarks.bench_start [RUNS]``.

``--help``, and ``needle-guidance run`` on a simulated amplifier from the command to the first frame on a terminal, in
seconds of CPU of all processes of the program (Linux), and on the clock. The least of the runs counts, after one that
is not counted: it leaves compiled modules behind, as an installation has them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from drivers.simulated import SimulatedDevice
from tests.benchmarks.bench_live import Terminal, cpu_s
from tests.support.processes import ROOT

BEGINS, FRAME_BYTES = b"\x1b[?1049h", 2000
"""A full-screen program begins so on a terminal; with so many bytes more the first frame is drawn."""

LONGEST_S = 120.0


def family(pid: int) -> list[int]:
    """Return ``pid`` and all its descendants."""
    children = [
        int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()
    ]
    return [pid, *(each for child in children for each in family(child))]


def help_s() -> tuple[float, float]:
    """Return CPU and clock in s of ``--help``."""
    began_s, before = time.monotonic(), os.times()
    subprocess.run([sys.executable, "-m", "guidance", "--help"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, time.monotonic() - began_s


def first_frame_s(address: str) -> tuple[float, float]:
    """Return CPU and clock in s from the command to the first frame of a procedure on the device at ``address``."""
    with tempfile.TemporaryDirectory() as store:
        began_s = time.monotonic()
        terminal = Terminal("run", "--no-audio", "--device", address, "--store", store)
        while not has_frame(bytes(terminal.begun)):
            assert time.monotonic() - began_s < LONGEST_S, f"no frame in {LONGEST_S:g} s"
            terminal.read_for(0.02)
        clock_s, cpu = time.monotonic() - began_s, sum(cpu_s(pid) for pid in family(terminal.pid))
        terminal.end()
    return cpu, clock_s


def has_frame(drawn: bytes) -> bool:
    """Return whether a terminal that received ``drawn`` shows a frame."""
    _, begun, frame = drawn.partition(BEGINS)
    return bool(begun) and len(frame) > FRAME_BYTES


def row(what: str, measure: Callable[[], tuple[float, float]], runs: int) -> str:
    """Return one row of the table."""
    measure()
    found = [measure() for _ in range(runs)]
    cpu, clock_s = (min(values) for values in zip(*found, strict=True))
    return f"{what:24}{cpu:8.2f}{clock_s:9.2f}"


def main(runs: int) -> None:
    """Print the table."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(f"least of {runs} runs         CPU, s clock, s")
    print(row("--help", help_s, runs), flush=True)
    with SimulatedDevice(3, channels=1, sample_rate_hz=10_000, scenario="hold", start_mm=3.0) as device:
        print(row("run, to the first frame", lambda: first_frame_s(device.address), runs), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
