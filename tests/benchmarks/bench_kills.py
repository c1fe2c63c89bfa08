"""How soon kills and stops are noticed while armed: ``python -m tests.benchmarks.bench_kills [TIMES]`` (Linux)."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.processes import (
    before_a_screen,
    device,
    engine_pid,
    gone_at,
    headless,
    is_off,
    is_stimulus,
    wait_for,
)


def screen_hit(number: signal.Signals, store: Path) -> float:
    """Milliseconds from a signal to the screen's process to the stimulator's being switched off."""
    with device() as simulated, before_a_screen(simulated.address, store) as screen:
        wait_for(store, is_stimulus)
        hit_ns = time.monotonic_ns()
        screen.send_signal(number)
        return float(wait_for(store, is_off)["mono_ns"] - hit_ns) / 1e6


def engine_killed(store: Path) -> float:
    """Milliseconds from the engine's death to the screen's process knowing of it."""
    with device() as simulated, before_a_screen(simulated.address, store) as screen:
        wait_for(store, is_stimulus)
        hit_ns = time.monotonic_ns()
        os.kill(engine_pid(store), signal.SIGKILL)
        return (gone_at(screen) - hit_ns) / 1e6


def unplugged(store: Path) -> float:
    """Milliseconds from the plug's being pulled to the stimulator's being taken for off."""
    with device() as simulated, headless(simulated.address, store):
        wait_for(store, is_stimulus)
        hit_ns = time.monotonic_ns()
        simulated.command("unplug")
        return float(wait_for(store, is_off)["mono_ns"] - hit_ns) / 1e6


CASES: dict[str, Callable[[Path], float]] = {
    "screen SIGKILL -> stimulator off": lambda store: screen_hit(signal.SIGKILL, store),
    "screen SIGSTOP -> stimulator off": lambda store: screen_hit(signal.SIGSTOP, store),
    "engine SIGKILL -> screen knows": engine_killed,
    "unplug         -> stimulator off": unplugged,
}


def main(times: int) -> None:
    """Measure each case ``times`` over and print the least, the median and the most."""
    for name, measure in CASES.items():
        found = []
        for _ in range(times):
            with tempfile.TemporaryDirectory() as store:
                found.append(measure(Path(store)))
        found.sort()
        least, middle, most = found[0], found[len(found) // 2], found[-1]
        print(f"{name}: {least:7.1f} {middle:7.1f} {most:7.1f} ms (least, median, most of {times})", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
