"""Sensitivity on measured artefact shapes: ``python -m tests.benchmarks.bench_detection``.

Simulated procedures: a measured artefact (scaled to its peak, jittered), synthetic noise, mains and response. The first
pulses are below threshold. The figure is the response, peak to peak over the noise's RMS, of which 95 % are detected
where 1 % or 0.1 % of empty sweeps are too, one threshold for all procedures. A procedure is misjudged where more than
30 % of its empty sweeps are called responses: its artefact was taken for one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import butter, resample_poly, sosfilt
from scipy.special import ndtr, ndtri

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.signal.basis import Array
from guidance.signal.path import Answer, SignalPath
from tests.shared import shared

NOISE_UV = 8.0
RATIOS = (2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 8.0)
SILENT = 5
TAUGHT = 6
TESTED = 40
INTERVAL_S = 0.5
WINDOW_MS = (2.0, 25.0)
ALPHA_SCORE = 2.0
_LAPSE = 0.02
_MISJUDGED = 0.3


@dataclass(frozen=True, slots=True)
class World:
    """One column of the table."""

    name: str
    peak_uv: float = 2000.0
    clip_uv: float | None = None
    current_spread: float = 0.0
    drift: float = 0.0
    rate_hz: float = 10_000.0
    mains_uv: float = 0.0
    mains_hz: float = 50.0
    taught: bool = False
    synthetic: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One pulse of one procedure: its place, the current told, and the response's size over the noise (0: none)."""

    sample: int
    current_ma: float
    ratio: float
    tested: bool


@dataclass(frozen=True, slots=True, eq=False)
class Procedure:
    """A signal (n,) in uV and its pulses."""

    world: World
    signal: Array
    trials: tuple[Trial, ...]


def shapes(rate_hz: float) -> Array:
    """Measured artefact shapes (shapes, n) at ``rate_hz``, each of unit peak, beginning 0.3 ms before it."""
    stored = np.load(shared("data/artefact_shapes_22k.npz"), allow_pickle=True)
    raw = np.asarray(stored["shapes"], float)
    raw = raw - raw[:, -raw.shape[1] // 3 :].mean(axis=1, keepdims=True)
    out = resample_poly(raw, int(rate_hz), 22_000, axis=1, padtype="line")
    return np.asarray(out / np.abs(out).max(axis=1, keepdims=True))


def synthetic_shapes(rate_hz: float, count: int = 60) -> Array:
    """Synthetic shapes (count, n): a fast peak and a tail of two exponentials."""
    rng = np.random.default_rng(5)
    t = np.arange(int(0.1 * rate_hz)) / rate_hz * 1e3
    fast, slow = rng.uniform(0.5, 2.0, (count, 1)), rng.uniform(4.0, 20.0, (count, 1))
    share = rng.uniform(0.02, 0.15, (count, 2)) * rng.choice([-1, 1], (count, 2))
    tail = share[:, :1] * np.exp(-t / fast) + share[:, 1:] * np.exp(-t / slow)
    return np.asarray(np.exp(-(((t - 0.3) / 0.15) ** 2)) + np.where(t > 0.3, tail, 0.0))


def m_wave(times_ms: Array, rng: np.random.Generator) -> Array:
    """A biphasic wave of peak-to-peak 1 with its first peak about 6.6 ms after the pulse, jittered a little."""
    width = 1.5 * (1 + 0.08 * rng.standard_normal())
    u = (times_ms - 8.1 - 0.1 * rng.standard_normal()) / width
    wave = -u * np.exp(-0.5 * u * u) + 0.15 * np.exp(-0.5 * ((u - 2.6) / 1.2) ** 2)
    return np.asarray(wave / np.ptp(wave))


def procedures(world: World, count: int | None, seed: int = 1) -> Iterator[Procedure]:
    """A procedure for each artefact shape (at most ``count``)."""
    known = synthetic_shapes(world.rate_hz) if world.synthetic else shapes(world.rate_hz)
    chosen = known if count is None else known[np.linspace(0, len(known) - 1, min(count, len(known))).astype(int)]
    for index, shape in enumerate(chosen):
        yield _procedure(world, shape, np.random.default_rng([seed, index]))


def _procedure(world: World, shape: Array, rng: np.random.Generator) -> Procedure:
    rate_hz = world.rate_hz
    lead = SILENT + (TAUGHT if world.taught else 0)
    pulses, spacing = lead + TESTED, int(INTERVAL_S * rate_hz)
    count = pulses * spacing + int(rate_hz)
    band = butter(2, [20.0, min(2000.0, 0.45 * rate_hz)], "bandpass", fs=rate_hz, output="sos")
    signal = sosfilt(band, rng.standard_normal(count))
    signal *= NOISE_UV / signal.std()
    phase, hz = rng.uniform(0, 2 * np.pi), world.mains_hz + rng.normal(0, 0.03)
    signal += world.mains_uv * np.sin(2 * np.pi * hz * np.arange(count) / rate_hz + phase)
    times_ms = np.arange(int(0.06 * rate_hz)) / rate_hz * 1e3
    trials = []
    bent = shape.copy()
    for i in range(pulses):
        at = int(0.6 * rate_hz) + i * spacing + int(rng.integers(0, 20))
        taught = SILENT <= i < lead
        ratio = 24.0 if taught else float(rng.choice(RATIOS)) if i >= lead and rng.random() < 0.5 else 0.0
        current = float(np.exp(rng.uniform(-1, 1) * world.current_spread))
        bent = bent * (1 + world.drift * _slow(len(bent), rng))
        artefact = world.peak_uv * current * (1 + 0.03 * rng.standard_normal()) * bent
        start = at - round(0.3e-3 * rate_hz)
        signal[start : start + len(artefact)] += artefact[: count - start]
        signal[at : at + len(times_ms)] += ratio * NOISE_UV * m_wave(times_ms, rng)
        trials.append(Trial(at, current, ratio, i >= lead))
    if world.clip_uv:
        signal = np.clip(signal, -world.clip_uv, world.clip_uv)
    return Procedure(world, signal, tuple(trials))


def _slow(n: int, rng: np.random.Generator) -> Array:
    """A smooth random course (n,) of unit size."""
    return np.asarray(np.interp(np.linspace(0, 7, n), np.arange(8), rng.standard_normal(8)))


def ours(procedure: Procedure) -> list[tuple[float, Trial]]:
    """-log10 of the p-value of each tested pulse, as the signal path gives it."""
    world = procedure.world
    info = DeviceInfo("bench", "", "", world.rate_hz, (Channel("EMG", world.clip_uv),))
    path = SignalPath(info, WINDOW_MS, None, listen=False)
    pulses = tuple(Pulse(t.sample, current_ma=t.current_ma, width_ms=0.1) for t in procedure.trials)
    block = Block(0, procedure.signal[:, None].astype(np.float32), pulses)
    answers = {f.pulse.sample: f.evoked for f in path.feed(block) if isinstance(f, Answer)}
    return [(-float(np.log10(answers[t.sample].p_value or 1.0)), t) for t in procedure.trials if t.tested]


def needed_ratio(scored: list[tuple[float, Trial]], false_rate: float) -> float | None:
    """Ratio at which 95 % are detected where ``false_rate`` of empty sweeps are; None if no ratio tried reaches it.

    By a probit fit over the ratios, with a lapse of at most 2 %.
    """
    null = np.sort([score for score, trial in scored if trial.ratio == 0])
    limit = null[min(int(np.ceil((1 - false_rate) * len(null))), len(null) - 1)]
    ratio = np.array([trial.ratio for _, trial in scored if trial.ratio > 0])
    hit = np.array([score > limit for score, trial in scored if trial.ratio > 0])

    centre, width = (axis[..., None] for axis in np.meshgrid(np.arange(0.5, 16, 0.1), np.geomspace(0.1, 4, 30)))
    z = (ratio - centre) / width
    chance = np.clip(_LAPSE / 2 + (1 - _LAPSE) * ndtr(z), 1e-9, 1.0)
    likelihood = np.where(hit, np.log(chance), np.log1p(-chance)).sum(axis=-1)
    best = np.unravel_index(int(likelihood.argmax()), likelihood.shape)
    at = float(centre[best][0] + width[best][0] * ndtri(0.95))
    return at if at <= 2 * RATIOS[-1] else None


def table(worlds: list[World], count: int | None) -> None:
    """Print a row a world."""
    print(f"{'':51}{'all procedures':>15}{'but misjudged':>16}")
    print(f"{'world':51}{'1 %':>7} {'0.1 %':>7}{'1 %':>8} {'0.1 %':>7}   misjudged   p < 0.01 on empty sweeps")
    for world in worlds:
        each = [ours(procedure) for procedure in procedures(world, count)]
        sound = [scored for scored in each if _false_share(scored) < _MISJUDGED]
        both = [[pair for scored in group for pair in scored] for group in (each, sound)]
        needed = [needed_ratio(scored, rate) for scored in both for rate in (0.01, 0.001)]
        shown = [f"{value:.1f}" if value else "never" for value in needed]
        null = [score > ALPHA_SCORE for scored in each for score, trial in scored if trial.ratio == 0]
        print(
            f"{world.name:51}{shown[0]:>7} {shown[1]:>7}{shown[2]:>8} {shown[3]:>7}   {len(each) - len(sound):>2} of "
            f"{len(each):<5} {np.mean(null):.1%} of {len(null)}",
            flush=True,
        )


def _false_share(scored: list[tuple[float, Trial]]) -> float:
    """Share of a procedure's empty sweeps that were called responses."""
    return float(np.mean([score > ALPHA_SCORE for score, trial in scored if trial.ratio == 0]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", type=int, help="use so many of the shapes only")
    parser.add_argument("--quick", action="store_true", help="the three main columns only")
    options = parser.parse_args()
    base = [
        World("artefact 2 mV"),
        World("artefact 15 mV, clips at 5 mV", peak_uv=15_000.0, clip_uv=5000.0),
        World("artefact 2 mV, current varies 25 %", current_spread=0.25),
    ]
    worlds = base + [replace(world, name=f"{world.name}; shape learned", taught=True) for world in base]
    if not options.quick:
        worlds += [
            World("2 mV, drifts 1 % a pulse; shape learned", drift=0.01, taught=True),
            World("2 mV, 30 kHz; shape learned", rate_hz=30_000.0, taught=True),
            World("2 mV, 8 uV of 50 Hz; shape learned", mains_uv=8.0, taught=True),
            World("2 mV, 8 uV of 60 Hz; shape learned", mains_uv=8.0, mains_hz=60.0, taught=True),
            World("SYNTHETIC two exponentials, 2 mV; shape learned", synthetic=True, taught=True),
        ]
    table(worlds, options.shapes)


if __name__ == "__main__":
    main()
