"""A procedure behind an amplifier, with the truth of every pulse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.base import Pulse
from tests.worlds.front_ends import body
from tests.worlds.front_ends.amplifiers import KINDS, Scene
from tests.worlds.front_ends.artefacts import pair
from tests.worlds.front_ends.body import Wave
from tests.worlds.front_ends.schedule import ScheduledPulse, schedule
from tests.worlds.front_ends.split import Part

RATE_HZ = 10_000.0
WINDOW_MS = (2.0, 25.0)
PULSES = 120
"""In one stream: about 40 s."""

_GAIN_SD, _JITTER_SAMPLES, _FLIPS = 0.01, 1.0, 0.1
_NOISE_UV = 0.6
"""What the converter itself adds."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a pulse of ``current_ma`` evoked: peak to peak in uV at the output (0: nothing), its onset, and whether the
    amplifier hid the onset.
    """

    sample: int
    current_ma: float
    true_uv: float
    onset_ms: float | None
    is_hidden: bool


@dataclass(frozen=True, slots=True, eq=False)
class FrontEndStream:
    """The recorded ``signal`` (n,) of one channel in uV, its pulses, and the truth of each."""

    kind: str
    sample_rate_hz: float
    declared_uv: float | None
    signal: NDArray[np.float32]
    pulses: tuple[Pulse, ...]
    truths: tuple[Truth, ...]


def stream(kind: str, part: Part, number: int, pulses: int = PULSES) -> FrontEndStream:
    """Draw world ``number`` of ``part`` behind a front end of ``kind``: every second one with measured artefacts."""
    rng = np.random.default_rng([part.seed(number), list(KINDS).index(kind)])
    plan = schedule(rng, pulses)
    at = tuple(int(given.t_s * RATE_HZ) for given in plan)
    count = at[-1] + int(0.3 * RATE_HZ)
    scene = Scene(RATE_HZ, at, 10 ** rng.uniform(3.3, 4.6))
    amplifier = KINDS[kind](rng, scene)
    rest = _undisturbed(rng, count) + _artefacts(rng, part, scene, plan, count, is_measured=number % 2 == 0)
    muscle = body.muscle(rng, RATE_HZ)
    sizes = [muscle.size_uv(given.current_ma, given.threshold_ma) for given in plan]
    evoked = _evoked(rng, muscle.shape, at, sizes, count)
    state = rng.bit_generator.state
    empty = amplifier.transfer(rest)
    rng.bit_generator.state = state
    out = amplifier.transfer(rest + evoked)
    hidden = amplifier.hidden_until_ms > muscle.onset_ms
    truths = tuple(
        _truth(sample, given, size, muscle.onset_ms, out - empty, hidden=hidden)
        for sample, given, size in zip(at, plan, sizes, strict=True)
    )
    noise = _NOISE_UV * rng.standard_normal(count)
    given = tuple(Pulse(s, current_ma=g.current_ma, width_ms=0.1) for s, g in zip(at, plan, strict=True))
    return FrontEndStream(kind, RATE_HZ, amplifier.declared_uv, (out + noise).astype(np.float32), given, truths)


def _undisturbed(rng: np.random.Generator, count: int) -> Wave:
    """Noise, mains and, in some worlds, heart, contractions and jolts of the cable."""
    signal = body.resting(rng, count, RATE_HZ) + body.mains(rng, count, RATE_HZ)
    if rng.random() < 0.3:
        signal += body.heartbeats(rng, count, RATE_HZ)
    if rng.random() < 0.3:
        signal += body.bursts(rng, count, RATE_HZ, rng.uniform(0.02, 0.12))
    if rng.random() < 0.3:
        signal += body.jolts(rng, count, RATE_HZ, rng.uniform(0.02, 0.15))
    return signal


def _artefacts(
    rng: np.random.Generator, part: Part, scene: Scene, plan: list[ScheduledPulse], count: int, *, is_measured: bool
) -> Wave:
    """Artefacts in proportion to the current, of a shape that wanders between two as the needle moves."""
    first, other = pair(rng, part, scene.sample_rate_hz, is_measured=is_measured)
    wander = np.cumsum(rng.normal(0.0, rng.uniform(0.0, 0.03), len(plan)))
    share = np.abs((wander + rng.uniform(0, 2)) % 2 - 1)
    signal = np.zeros(count)
    size_uv = scene.artefact_uv * rng.choice([-1, 1])
    flips = rng.random() < _FLIPS
    for i, (at, given) in enumerate(zip(scene.pulses, plan, strict=True)):
        gain = size_uv * given.current_ma * (1 + _GAIN_SD * rng.standard_normal()) * (-1 if flips and i % 2 else 1)
        shape = share[i] * first + (1 - share[i]) * other
        signal[at : at + len(shape)] += gain * shape[: count - at]
    return signal


def _evoked(rng: np.random.Generator, shape: Wave, at: tuple[int, ...], sizes: list[float], count: int) -> Wave:
    signal = np.zeros(count)
    for first, size_uv in zip(at, sizes, strict=True):
        wave = size_uv * body.later(shape, _JITTER_SAMPLES * rng.standard_normal())
        signal[first : first + len(wave)] += wave[: count - first]
    return signal


def _truth(sample: int, given: ScheduledPulse, size_uv: float, onset_ms: float, seen: Wave, *, hidden: bool) -> Truth:
    if not size_uv:
        return Truth(sample, given.current_ma, 0.0, None, is_hidden=False)
    stop = round(0.04 * RATE_HZ)
    true_uv = float(np.ptp(seen[sample : sample + stop]))
    return Truth(sample, given.current_ma, true_uv, onset_ms, hidden)
