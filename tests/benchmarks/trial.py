"""What the benchmarks of the signal path share: a signal and its pulses in, the answers out; rates with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.signal.basis import Array
from guidance.signal.evoked import SweepResult
from guidance.signal.path import Answer, Finding, PulseSeen, SignalPath
from tests.shared import shared

BLOCK_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What a path said of one stream: the pulses it went by, and for each sample of a pulse the answer by channel."""

    pulses: tuple[int, ...]
    answers: dict[tuple[int, int], SweepResult]


def hear(
    signal: Array, rate_hz: float, pulses: Iterable[Pulse], window_ms: tuple[float, float],
    *, range_uv: float | None = None, listen: bool = False,
) -> Heard:  # fmt: skip
    """Feed ``signal`` (n,) or (n, channels) in uV with its ``pulses`` to a new path, in blocks of 0.1 s."""
    samples = (signal[:, None] if signal.ndim == 1 else signal).astype(np.float32)
    channels = tuple(Channel(f"EMG{i + 1}", range_uv) for i in range(samples.shape[1]))
    info = DeviceInfo("bench", "", "", rate_hz, channels)
    path = SignalPath(info, window_ms, None, listen=listen)
    told, step = sorted(pulses, key=lambda pulse: pulse.sample), max(1, round(BLOCK_S * rate_hz))
    found: list[Finding] = []
    for first in range(0, len(samples), step):
        inside = tuple(pulse for pulse in told if first <= pulse.sample < first + step)
        found += path.feed(Block(first, samples[first : first + step], inside))
    return Heard(
        tuple(finding.pulse.sample for finding in found if isinstance(finding, PulseSeen)),
        {(f.pulse.sample, f.channel): f.evoked for f in found if isinstance(f, Answer)},
    )


def interval(hits: int, of: int) -> tuple[float, float]:
    """The central 95 % interval of a share of ``hits`` among ``of`` trials (Clopper and Pearson, 1934)."""
    both = binomtest(hits, of).proportion_ci(0.95)
    return float(both.low), float(both.high)


def share(hits: int, of: int) -> str:
    """The share in per cent, and its 95 % interval."""
    if not of:
        return "-"
    low, high = interval(hits, of)
    return f"{100 * hits / of:.1f} ({100 * low:.1f}-{100 * high:.1f})"


def stored(name: str) -> dict[str, Array]:
    """The arrays of ``name`` among the shared recordings."""
    with np.load(shared(f"data/{name}"), allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays.files}


def stream(name: str) -> Path:
    """Path of the recorded stream ``name``."""
    return shared(f"data/streams/{name}.edf")


def run(main: Callable[[], None]) -> None:
    """Run a benchmark, or say in one line what it lacks."""
    try:
        main()
    except pytest.skip.Exception as absent:
        print(f"skipped: {absent}")
