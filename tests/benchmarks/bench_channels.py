"""Four channels at 30 kHz, five pulses a second, one core: ``python -m tests.benchmarks.bench_channels [SECONDS]``.

Noise and a synthetic artefact, streamed in blocks of 2 ms; the time is the process's own on the processor.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.signal.pipeline import ChannelResponse, SignalPipeline

CHANNELS, RATE_HZ, PULSE_HZ = 4, 30_000, 5
BLOCK, WINDOW_MS = 60, (2.0, 25.0)


def main(seconds: float = 20.0) -> None:
    """Print how many times as fast as real time all of it goes."""
    rng = np.random.default_rng(1)
    count = int(seconds * RATE_HZ)
    signal = rng.normal(0.0, 8.0, (count, CHANNELS))
    pulses = [Pulse(at, current_ma=0.5, width_ms=0.1) for at in range(RATE_HZ, count - RATE_HZ, RATE_HZ // PULSE_HZ)]
    times_ms = np.arange(RATE_HZ // 30) / RATE_HZ * 1e3
    artefact = 2000.0 * np.exp(-times_ms / 0.3) + 150.0 * np.exp(-times_ms / 6.0)
    for pulse in pulses:
        signal[pulse.sample : pulse.sample + len(artefact)] += artefact[:, None] * rng.normal(1.0, 0.03)
    samples = signal.astype(np.float32)
    info = DeviceInfo("bench", "", "", float(RATE_HZ), tuple(Channel(f"EMG{i}", 5000.0) for i in range(CHANNELS)))
    path = SignalPipeline(info, WINDOW_MS, None, listen=False)
    sweeps, begun_s = 0, time.process_time()
    for first in range(0, count, BLOCK):
        inside = tuple(pulse for pulse in pulses if first <= pulse.sample < first + BLOCK)
        found = path.feed(Block(first, samples[first : first + BLOCK], inside))
        sweeps += sum(isinstance(finding, ChannelResponse) for finding in found)
    spent_s = time.process_time() - begun_s
    print(f"{CHANNELS} channels x {RATE_HZ / 1e3:g} kHz, {PULSE_HZ} pulses a second: {sweeps} sweeps;")
    print(f"{seconds / spent_s:.1f} x real time, {100 * spent_s / seconds:.0f} % of a core")


if __name__ == "__main__":
    main(*(float(argument) for argument in sys.argv[1:]))
