"""A simulated procedure: one artefact shape, 2 pulses a second, the first ones below threshold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.base import Pulse
from tests.worlds import waves
from tests.worlds.waves import NOISE_UV, RESPONSE_MS, Array

SILENT = 5
TESTED = 15
MAINS_UV = 8.0
AFTER_MS = 60.0
_GAIN_SD, _LATENCY_SD_MS, _WIDTH_SD = 0.03, 0.1, 0.08
_INTERVAL_S, _FIRST_S, _LAST_S = 0.5, 1.0, 0.2


@dataclass(frozen=True, slots=True)
class World:
    """A column of the table. ``drift``: share of its shape by which the artefact walks towards another of the same
    patient's with each pulse. ``decided_ms``: how much of a sweep may be looked at.
    """

    name: str
    peak_uv: float = 2000.0
    clip_uv: float = 5000.0
    current_spread: float = 0.0
    drift: float = 0.0
    rate_hz: float = 10_000.0
    mains_hz: float = 50.0
    synthetic: bool = False
    decided_ms: float = 25.0


@dataclass(frozen=True, slots=True, eq=False)
class Procedure:
    """``empty`` (n,) is the signal without any response, not yet clipped; ``responses`` (pulses, m) the possible
    response to each pulse, of peak-to-peak 1. The first SILENT pulses never have a response, the last TESTED are
    scored.
    """

    world: World
    shape: int
    empty: Array
    pulses: tuple[Pulse, ...]
    responses: Array

    @property
    def tested(self) -> range:
        """Indices of the pulses that are scored."""
        return range(len(self.pulses) - TESTED, len(self.pulses))

    def with_responses(self, ratios: dict[int, float]) -> Array:
        """The recorded signal (n,) where pulse i has a response of ``ratios[i]`` times the noise, peak to peak."""
        signal = self.empty.copy()
        for i, ratio in ratios.items():
            at = self.pulses[i].sample
            signal[at : at + self.responses.shape[1]] += ratio * NOISE_UV * self.responses[i]
        return self.clipped(signal)

    def sweep(self, i: int, ratio: float) -> Array:
        """What is recorded after the first sample of pulse i, up to AFTER_MS, where it has that response."""
        at = self.pulses[i].sample
        signal = self.empty[at : at + round(AFTER_MS * self.world.rate_hz / 1e3)].copy()
        signal[: self.responses.shape[1]] += ratio * NOISE_UV * self.responses[i]
        return self.clipped(signal)[1:]

    def clipped(self, signal: Array) -> Array:
        """``signal`` as an amplifier of this input range gives it out."""
        return np.clip(signal, -self.world.clip_uv, self.world.clip_uv)


def procedures(world: World, count: int | None, taught: int, shapes: int | None = None) -> Iterator[Procedure]:
    """``count`` procedures (None: one a shape), with ``taught`` pulses between the silent and the tested ones.

    ``shapes`` takes so many of the artefact shapes only, spread over all.
    """
    known, patients = _artefacts(world)
    chosen = chosen_shapes(world, shapes)
    for run in range(count or len(chosen)):
        own = int(chosen[run % len(chosen)])
        rng = np.random.default_rng([1, own, run // len(chosen)])
        kin = np.flatnonzero(patients == patients[own])
        other = known[rng.choice(kin[kin != own])] if len(kin) > 1 else known[own]
        towards = other * np.sign(other @ known[own])
        yield _procedure(world, own, (known[own], towards), SILENT + taught + TESTED, rng)


def chosen_shapes(world: World, shapes: int | None) -> NDArray[np.int64]:
    """Which of the world's artefact shapes are used where ``shapes`` are requested (None: all)."""
    every = len(_artefacts(world)[0])
    return np.linspace(0, every - 1, min(shapes or every, every)).astype(np.int64)


def _artefacts(world: World) -> tuple[Array, NDArray[np.str_]]:
    return (waves.synthetic_shapes if world.synthetic else waves.measured_shapes)(world.rate_hz)


def _procedure(world: World, own: int, shape: tuple[Array, Array], count: int, rng: np.random.Generator) -> Procedure:
    rate_hz = world.rate_hz
    samples = int((_FIRST_S + count * _INTERVAL_S + _LAST_S) * rate_hz)
    at = ((_FIRST_S + _INTERVAL_S * np.arange(count)) * rate_hz).astype(int) + rng.integers(0, 20, count)
    mains_hz = world.mains_hz + rng.normal(0, 0.03)
    signal = waves.noise(samples, rate_hz, rng)
    signal += MAINS_UV * np.sin(2 * np.pi * (mains_hz * np.arange(samples) / rate_hz + rng.random()))
    currents = 1.0 + world.current_spread * rng.uniform(-1, 1, count)
    gains = world.peak_uv * currents * (1 + _GAIN_SD * rng.standard_normal(count))
    walked = np.minimum(world.drift * np.arange(count), 1.0)
    for i in range(count):
        signal[at[i] : at[i] + len(shape[0])] += gains[i] * ((1 - walked[i]) * shape[0] + walked[i] * shape[1])
    t = np.arange(int(RESPONSE_MS * rate_hz / 1e3)) / rate_hz * 1e3
    later, wider = _LATENCY_SD_MS * rng.standard_normal(count), 1 + _WIDTH_SD * rng.standard_normal(count)
    responses = np.stack([waves.response(t, *jitter) for jitter in zip(later, wider, strict=True)])
    pulses = tuple(Pulse(int(s), current_ma=float(c), width_ms=0.1) for s, c in zip(at, currents, strict=True))
    return Procedure(world, own, signal, pulses, responses)
