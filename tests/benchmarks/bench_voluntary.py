"""Voluntary EMG under stimulation: false alarms and detection, ``python -m tests.benchmarks.bench_voluntary``.

Four motor units of about 15 Hz in noise of 8 uV RMS (simulated), and recorded voluntary EMG as background; at each
pulse a measured artefact of 2 mV (another shape each procedure). A procedure: five pulses below threshold, six large
responses where the shape is to be learned, forty pulses without a response, twenty with one of 12 x the noise's
RMS. In recorded EMG the noise is the median RMS of its tenths of a second. A contaminated sweep counts neither as
detected nor as a false alarm; its share (``unfit``) stands beside. Bursts: a strong contraction of 0.3 s ends, or
begins, just before every pulse, or before every third one (then only those are counted).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import butter, sosfilt

from drivers.base import Pulse
from guidance.signal.response.sweep_result import SweepResult
from guidance.signal.sweep.basis import Array
from tests.benchmarks.bench_calibration_p import Unstimulated, recordings
from tests.benchmarks.trial import feed, run, share
from tests.worlds.waves import measured_shapes, response

RATE_HZ, NOISE_UV, WINDOW_MS = 10_000.0, 8.0, (2.0, 25.0)
RATIO, TAUGHT_RATIO = 12.0, 24.0
SILENT, TAUGHT, EMPTY, WITH_RESPONSE = 5, 6, 40, 20
INTERVAL_S, LEAD_S = 0.5, 2.0
UNITS, UNIT_HZ, UNIT_VARIATION = 4, 15.0, 0.15
ARTEFACT_UV, GAIN_JITTER = 2000.0, 0.03
BURST_S, BURST_UNITS, BURST_HZ, BURST_UV = 0.3, 8, 30.0, 300.0

Background = Callable[[np.random.Generator, int, Array], Array]
"""Draws (generator, samples, pulses' samples) the EMG beneath one procedure, (samples,) in uV."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A row of the table: what lies beneath, at ``rate_hz``, in which ``rms_uv`` is the noise.

    Bursts stand by each pulse whose number divides by ``every``; only these are counted.
    """

    name: str
    background: Background
    rate_hz: float = RATE_HZ
    rms_uv: float = NOISE_UV
    every: int = 1


def background(rng: np.random.Generator, count: int) -> Array:
    """Noise (count,) of 8 uV RMS, 20 Hz to 2 kHz."""
    noise = sosfilt(butter(2, [20.0, 2000.0], "bandpass", fs=RATE_HZ, output="sos"), rng.standard_normal(count))
    return np.asarray(NOISE_UV * noise / noise.std())


def firing(rng: np.random.Generator, count: int, units: int, hz: float, size_uv: float) -> Array:
    """EMG (count,) of ``units`` that fire at ``hz``, the interval varying by 15 %, of ``size_uv`` give or take 30 %."""
    out = np.zeros(count + 400)
    t = (np.arange(200) - 100) / RATE_HZ * 1e3
    for _ in range(units):
        u = t / rng.uniform(0.6, 1.4)
        shape = (u * u - rng.uniform(0.3, 1.0) - rng.uniform(-1, 1) * u) * np.exp(-0.5 * u * u)
        shape *= size_uv * rng.uniform(0.7, 1.3) / np.ptp(shape)
        beats = rng.normal(1, UNIT_VARIATION, int(2 * count / RATE_HZ * hz) + 10).clip(0.4) / hz
        for at in ((np.cumsum(beats) - rng.uniform(0, 1 / hz)) * RATE_HZ).astype(int):
            if 0 <= at < count:
                out[at : at + 200] += shape
    return out[100 : 100 + count]


def units(size_uv: float) -> Background:
    """Four steady units of ``size_uv`` over weak noise."""

    def draw(rng: np.random.Generator, count: int, pulses: Array) -> Array:
        steady = firing(rng, count, UNITS, UNIT_HZ, size_uv) if size_uv else 0.0
        return background(rng, count) + steady

    return draw


def burst(from_ms: tuple[float, float]) -> Background:
    """Quiet noise, and bursts of 0.3 s that begin at a time drawn from ``from_ms`` against each pulse."""

    def draw(rng: np.random.Generator, count: int, pulses: Array) -> Array:
        active, length = np.zeros(count), int(BURST_S * RATE_HZ)
        for pulse in pulses:
            begin = int(pulse + rng.uniform(*from_ms) * RATE_HZ / 1e3)
            active[max(begin, 0) : begin + length] = 1.0
        return background(rng, count) + active * firing(rng, count, BURST_UNITS, BURST_HZ, BURST_UV)

    return draw


def recorded(recording: Unstimulated) -> World:
    """A stretch of ``recording``, beginning anywhere, as background."""
    tenth = int(0.1 * recording.rate_hz)
    level = recording.uv[: len(recording.uv) // tenth * tenth].reshape(-1, tenth).std(axis=1)

    def draw(rng: np.random.Generator, count: int, pulses: Array) -> Array:
        around = np.concatenate([recording.uv, recording.uv[::-1]])
        return np.roll(around, -int(rng.integers(len(around))))[:count].astype(float)

    return World(recording.name, draw, recording.rate_hz, float(np.median(level)))


def worlds() -> Iterator[World]:
    """All rows."""
    yield World("quiet", units(0.0))
    for size_uv in (50.0, 100.0, 300.0):
        yield World(f"4 units of {size_uv:g} uV", units(size_uv))
    for every, which in ((1, "every pulse"), (3, "each third pulse")):
        yield World(f"burst ended 2-20 ms before {which}", burst((-320.0, -302.0)), every=every)
        yield World(f"burst began 5-50 ms before {which}", burst((-50.0, -5.0)), every=every)
    for recording in recordings():
        if "MEP" not in recording.name and len(recording.uv) > 30 * recording.rate_hz:
            yield recorded(recording)


def procedure(
    world: World, shape: Array, rng: np.random.Generator, learned: bool
) -> tuple[list[SweepResult], list[SweepResult]]:
    """The results of the pulses without and with a response, of one procedure under artefacts of ``shape``."""
    ratios = [0.0] * SILENT + [TAUGHT_RATIO] * (TAUGHT if learned else 0) + [0.0] * EMPTY + [RATIO] * WITH_RESPONSE
    at = ((LEAD_S + INTERVAL_S * np.arange(len(ratios))) * world.rate_hz + rng.integers(0, 20, len(ratios))).astype(int)
    uv = world.background(rng, int(at[-1] + INTERVAL_S * world.rate_hz), at[:: world.every])
    times_ms = np.arange(int(0.06 * world.rate_hz)) / world.rate_hz * 1e3
    for sample, ratio in zip(at, ratios, strict=True):
        gain = ARTEFACT_UV * (1 + GAIN_JITTER * rng.standard_normal())
        uv[sample : sample + len(shape)] += gain * shape[: len(uv) - sample]
        wave = response(times_ms, 0.1 * rng.standard_normal(), 1 + 0.08 * rng.standard_normal())
        uv[sample : sample + len(times_ms)] += ratio * world.rms_uv * wave
    pulses = [Pulse(int(sample), current_ma=1.0, width_ms=0.1) for sample in at]
    sweeps = feed(uv, world.rate_hz, pulses, WINDOW_MS).sweeps
    counted = [(ratio, sweeps[int(sample), 0]) for sample, ratio in zip(at, ratios, strict=True)][:: world.every]
    by_ratio = [[result for ratio, result in counted if ratio == size] for size in (0.0, RATIO)]
    return by_ratio[0][-(EMPTY // world.every) :], by_ratio[1]


def row(world: World, chosen: Array, learned: bool) -> str:
    """What became of the sweeps of one procedure for each of the ``chosen`` artefact shapes."""
    each = [procedure(world, shape, np.random.default_rng([3, i]), learned) for i, shape in enumerate(chosen)]
    empty = [sweeps for sweeps, _ in each]
    with_response = [result for _, sweeps in each for result in sweeps]
    false = [[result.detected for result in sweeps] for sweeps in empty]
    pairs = [a and b for one in false for a, b in pairwise(one)] if world.every == 1 else []
    cells = (
        f"{sum(map(len, empty)):>6}",
        f"{share(sum(map(sum, false)), sum(map(len, false))):>17}",
        f"{share(sum(pairs), len(pairs)):>17}",
        f"{np.mean([result.contaminated for sweeps in empty for result in sweeps]):>7.0%}",
        f"{world.rms_uv:>8.1f}",
        f"{share(sum(result.detected for result in with_response), len(with_response)):>20}",
        f"{np.mean([result.contaminated for result in with_response]):>7.0%}",
    )
    return "".join(cells)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="6 artefact shapes instead of 18")
    parser.add_argument("--only", default="", help="rows whose name holds this")
    options = parser.parse_args()
    print(f"{'':53}{'without a response':>47}{'with one of 12 x RMS':>35}")
    print(
        f"{'background':44}{'shape':9}{'sweeps':>6}{'false, %':>17}{'2 in a row, %':>17}{'unfit':>7}{'RMS, uV':>8}"
        f"{'detected, %':>20}{'unfit':>7}"
    )
    for world in worlds():
        if options.only not in world.name:
            continue
        known = measured_shapes(world.rate_hz)[0]
        chosen = known[np.linspace(0, len(known) - 1, 6 if options.quick else 18).astype(int)]
        for learned in (False, True):
            print(f"{world.name:44}{'learned' if learned else 'unknown':9}{row(world, chosen, learned)}", flush=True)


if __name__ == "__main__":
    run(main)
