"""CPU time of the engine for one pulse, part by part: ``python -m tests.benchmarks.bench_pulse [--seconds S]``.

Noise, an artefact at each of two pulses a second and a response to every second one, through the whole engine in blocks
of 0.25 s; every channel has its own noise, and the current changes from pulse to pulse as in a search. ``learning``:
from the sweep before, when its record is out. ``before``: all that is computed before the sweep arrives. ``sweep``:
from the sweep to its verdict. ``estimate``: of the main channel, a pulse. ``signal``: the rest, which grows with the
signal, pulses or not. The first four in ms a sweep (``estimate``: a pulse). ``all``: in ms a pulse and channel. Time is
the process's own on the processor: the best of ``--repeats``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from guidance.proximity.filter import ProximityFilter
from guidance.signal.response.detector import ResponseDetector
from tests.worlds.waves import NOISE_UV, RESPONSE_MS, noise, response

SIZES = ((1, 10_000.0), (4, 20_000.0), (4, 30_000.0))
BLOCK_S, PULSE_RATE_HZ, RESPONSE_UV = 0.25, 2, 24.0 * NOISE_UV
CURRENTS_MA = (0.6, 1.6)
PARTS: dict[str, tuple[type, str]] = {
    "learning": (ResponseDetector, "settle"),
    "before": (ResponseDetector, "prepare"),
    "sweep": (ResponseDetector, "judge"),
    "estimate": (ProximityFilter, "observe"),
}


def blocks(channels: int, rate_hz: float, seconds: float) -> list[Block]:
    """Return the signal in blocks, each with its pulses."""
    rng = np.random.default_rng(1)
    count, step = int(seconds * rate_hz), int(BLOCK_S * rate_hz)
    signal = np.stack([noise(count, rate_hz, rng) for _ in range(channels)], axis=1)
    t_ms = np.arange(int(RESPONSE_MS * rate_hz / 1e3)) / rate_hz * 1e3
    artefact = 2000.0 * np.exp(-t_ms / 0.2) + 60.0 * np.exp(-t_ms / 6.0)
    currents_ma = rng.uniform(*CURRENTS_MA, int(seconds * PULSE_RATE_HZ))
    at = [int((0.3 + i / PULSE_RATE_HZ) * rate_hz) for i in range(int(seconds * PULSE_RATE_HZ) - 1)]
    for i, sample in enumerate(at):
        wave = currents_ma[i] * artefact + (RESPONSE_UV * response(t_ms) if i >= 5 and i % 2 else 0.0)
        signal[sample : sample + len(wave)] += wave[:, None]
    pulses = [Pulse(sample, current_ma=float(currents_ma[i]), width_ms=0.1) for i, sample in enumerate(at)]
    samples = signal.astype(np.float32)
    return [
        Block(first, samples[first : first + step], tuple(p for p in pulses if first <= p.sample < first + step))
        for first in range(0, count, step)
    ]


@contextmanager
def timed(spent_s: dict[str, float]) -> Iterator[None]:
    """Add to ``spent_s`` the CPU time of each of the parts; what one calls of another counts for the other."""
    running: list[float] = []

    def clocked(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **words: Any) -> Any:
            began_s = time.process_time()
            running.append(0.0)
            try:
                return method(*args, **words)
            finally:
                passed_s = time.process_time() - began_s
                spent_s[name] += passed_s - running.pop()
                if running:
                    running[-1] += passed_s

        return run

    before = {name: getattr(owner, method) for name, (owner, method) in PARTS.items()}
    try:
        for name, (owner, method) in PARTS.items():
            setattr(owner, method, clocked(name, before[name]))
        yield
    finally:
        for name, (owner, method) in PARTS.items():
            setattr(owner, method, before[name])


def measured(channels: int, rate_hz: float, signal: list[Block]) -> dict[str, float]:
    """Return the CPU time in s of each part, and of ``all``."""
    info = DeviceInfo("bench", "", "", rate_hz, tuple(Channel(f"EMG{i}", 5000.0) for i in range(channels)))
    engine, spent_s = Engine(Settings(load("generic-block"), Mode.MANUAL), info, ""), dict.fromkeys(PARTS, 0.0)
    with timed(spent_s):
        began_s = time.process_time()
        for block in signal:
            for _ in engine.step([block]):
                pass
        return spent_s | {"all": time.process_time() - began_s}


def row(channels: int, rate_hz: float, seconds: float, repeats: int) -> str:
    """Return one row of the table."""
    signal = blocks(channels, rate_hz, seconds)
    measured(channels, rate_hz, signal[: int(3 / BLOCK_S)])
    runs = [measured(channels, rate_hz, signal) for _ in range(repeats)]
    spent_s = min(runs, key=lambda run: run["all"])
    pulses = sum(len(block.pulses) for block in signal)
    sweeps = pulses * channels
    rest_s = spent_s["all"] - sum(spent_s[name] for name in PARTS)
    cells = [1e3 * spent_s[name] / (pulses if name == "estimate" else sweeps) for name in PARTS]
    return (
        f"{channels} ch x {rate_hz / 1e3:2.0f} kHz"
        + "".join(f"{cell:10.2f}" for cell in cells)
        + f"{100 * rest_s / seconds:8.2f} %{1e3 * spent_s['all'] / sweeps:8.2f}{seconds / spent_s['all']:11.0f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the signal (default 30)")
    parser.add_argument("--repeats", type=int, default=2, help="runs of which the best counts (default 2)")
    options = parser.parse_args()
    print(f"{options.seconds:g} s, {PULSE_RATE_HZ} pulses a second; ms of CPU, signal in % of a core, all x real time")
    print(" " * 13 + "".join(f"{name:>10}" for name in PARTS) + f"{'signal':>10}{'all':>8}{'real time':>11}")
    for channels, rate_hz in SIZES:
        print(row(channels, rate_hz, options.seconds, options.repeats), flush=True)


if __name__ == "__main__":
    main()
