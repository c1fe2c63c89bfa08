"""Amplifiers as they are: what comes out of them, sample by sample, for the voltage at their input. All in uV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, iirnotch, lfilter, sosfilt, tf2sos

from tests.worlds.front_ends.body import Wave

DECLARED_UV = 25_000.0
OPEN_UV = 838_861.0
"""The range of a 24-bit converter at a gain of 6: nothing reaches it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the amplifier stands: rate, samples at which pulses begin, size of the artefact at 1 mA in uV."""

    sample_rate_hz: float
    pulses: tuple[int, ...]
    artefact_uv: float


@dataclass(frozen=True, slots=True)
class Amplifier:
    """One amplifier: the range it declares, its transfer of (n,) samples, and up to when it hides what comes (ms)."""

    declared_uv: float | None
    transfer: Callable[[Wave], Wave]
    hidden_until_ms: float = 0.0


Maker = Callable[[np.random.Generator, Scene], Amplifier]


def _rail(rng: np.random.Generator, scene: Scene, highest_uv: float) -> float:
    """Draw a rail that a part of the pulses between 0.3 and 5 mA reaches."""
    return float(min(scene.artefact_uv * 10 ** rng.uniform(-0.7, 0.7), highest_uv))


def no_rail(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """Nothing is ever too large for it."""
    del rng, scene
    return Amplifier(OPEN_UV, lambda x: x)


def rail_declared(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """Clips at the range it declares, and recovers from that slowly, by a fixed amount."""
    return Amplifier(DECLARED_UV, lambda x: _recovering(rng, x, DECLARED_UV, scene))


def rail_below(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """The input stage clips well below the range of the converter, and recovers as slowly."""
    rail_uv = _rail(rng, scene, 0.6 * DECLARED_UV)
    return Amplifier(DECLARED_UV, lambda x: _recovering(rng, x, rail_uv, scene))


def soft(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """Bends towards its rail (hyperbolic tangent)."""
    rail_uv = _rail(rng, scene, 0.6 * DECLARED_UV)
    return Amplifier(DECLARED_UV, lambda x: np.asarray(rail_uv * np.tanh(x / rail_uv)))


def clip_then_high_pass(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """Clips, and a high-pass of 5 to 30 Hz follows: no two samples of the rail are equal."""
    rail_uv, hz = _rail(rng, scene, DECLARED_UV), rng.uniform(5.0, 30.0)
    sos = butter(int(rng.integers(1, 3)), hz, "highpass", fs=scene.sample_rate_hz, output="sos")
    return Amplifier(DECLARED_UV, lambda x: np.asarray(sosfilt(sos, np.clip(x, -rail_uv, rail_uv))))


def band_limited(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """Clips, and a band of 10 Hz to 0.5-1.5 kHz follows: flat tops are rounded and ring."""
    rail_uv = _rail(rng, scene, DECLARED_UV)
    sos = butter(
        2, [rng.uniform(5.0, 20.0), rng.uniform(500.0, 1500.0)], "bandpass", fs=scene.sample_rate_hz, output="sos"
    )
    return Amplifier(DECLARED_UV, lambda x: np.asarray(sosfilt(sos, np.clip(x, -rail_uv, rail_uv))))


def blanked_to_zero(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """Gives out nothing but its own noise from each pulse up to a fixed time."""
    until_ms = rng.uniform(1.0, 4.0)
    noise = rng.uniform(0.0, 4.0)

    def transfer(x: Wave) -> Wave:
        out = x.copy()
        for first, stop in _spans(scene, 0.0, until_ms):
            out[first:stop] = noise * rng.standard_normal(len(out[first:stop]))
        return out

    return Amplifier(DECLARED_UV, transfer, until_ms)


def blanked_and_held(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """Holds what it saw before each pulse up to a fixed time."""
    until_ms = rng.uniform(1.0, 4.0)
    noise = rng.uniform(0.0, 4.0)

    def transfer(x: Wave) -> Wave:
        out = x.copy()
        for first, stop in _spans(scene, 0.0, until_ms):
            out[first:stop] = out[first - 1] + noise * rng.standard_normal(len(out[first:stop]))
        return out

    return Amplifier(DECLARED_UV, transfer, until_ms)


def sample_and_hold(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """An artefact suppressor of a clinical machine: holds, lets go over some tenths of a ms, then a high-pass."""
    until_ms, release_ms = rng.uniform(0.8, 3.0), rng.uniform(0.2, 0.6)
    sos = butter(1, rng.uniform(2.0, 20.0), "highpass", fs=scene.sample_rate_hz, output="sos")

    def transfer(x: Wave) -> Wave:
        out = x.copy()
        for first, stop in _spans(scene, -0.1, until_ms):
            out[first:stop] = out[first - 1]
            n = round(release_ms * scene.sample_rate_hz / 1e3)
            mix = np.linspace(0, 1, n)[: len(out) - stop]
            out[stop : stop + n] = (1 - mix) * out[first - 1] + mix * out[stop : stop + n]
        return np.asarray(sosfilt(sos, out))

    return Amplifier(DECLARED_UV, transfer, until_ms + release_ms)


def sound_card(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """A clinical machine's loudspeaker output (10 Hz to 3 kHz, clips) into a sound card that knows no microvolts."""
    machine_uv, card_uv = _rail(rng, scene, 10_000.0), rng.uniform(2000.0, 12_000.0)
    band = butter(2, [rng.uniform(5.0, 20.0), 3000.0], "bandpass", fs=scene.sample_rate_hz, output="sos")
    coupling = butter(1, rng.uniform(2.0, 10.0), "highpass", fs=scene.sample_rate_hz, output="sos")

    def transfer(x: Wave) -> Wave:
        machine = sosfilt(band, np.clip(x, -machine_uv, machine_uv))
        return np.clip(sosfilt(coupling, machine), -card_uv, card_uv)

    return Amplifier(None, transfer)


def notched(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """Clips, and a notch at 50 or 60 Hz rings after each pulse."""
    rail_uv = _rail(rng, scene, DECLARED_UV)
    sos = tf2sos(*iirnotch(rng.choice([50.0, 60.0]), rng.uniform(2.0, 15.0), scene.sample_rate_hz))
    return Amplifier(DECLARED_UV, lambda x: np.asarray(sosfilt(sos, np.clip(x, -rail_uv, rail_uv))))


def automatic_gain(rng: np.random.Generator, scene: Scene) -> Amplifier:
    """Turns itself down by up to 40 % after a large signal, and up again over 20 to 200 ms."""
    rail_uv, depth = _rail(rng, scene, DECLARED_UV), rng.uniform(0.05, 0.4)
    decay = float(np.exp(-1e3 / (rng.uniform(20.0, 200.0) * scene.sample_rate_hz)))
    at_uv = rng.uniform(0.1, 1.0) * rail_uv

    def transfer(x: Wave) -> Wave:
        seen = np.clip(x, -rail_uv, rail_uv)
        level = lfilter([1 - decay], [1, -decay], np.minimum(np.abs(seen) / at_uv, 1.0)) * 30
        return np.asarray(seen * (1 - depth * np.minimum(level, 1.0)))

    return Amplifier(DECLARED_UV, transfer)


def _recovering(rng: np.random.Generator, x: Wave, rail_uv: float, scene: Scene) -> Wave:
    """Clip at ``rail_uv``; after an overload comes a recovery of two time constants, of a size of its own."""
    out = np.clip(x, -rail_uv, rail_uv)
    t = np.arange(round(0.04 * scene.sample_rate_hz)) / scene.sample_rate_hz * 1e3
    shares, constants = rng.uniform([0.02, 0.0], [0.3, 0.03]), rng.uniform([0.2, 1.0], [1.0, 5.0])
    shape = (shares[:, None] * np.exp(-t / constants[:, None])).sum(axis=0) * rng.choice([-1, 1])
    reach = round(0.01 * scene.sample_rate_hz)
    for pulse in scene.pulses:
        over = np.flatnonzero(np.abs(x[pulse : pulse + reach]) >= rail_uv)
        if len(over):
            end = pulse + int(over[-1]) + 1
            size = rail_uv * np.sign(out[end - 1]) * rng.uniform(0.9, 1.1)
            out[end : end + len(t)] += size * shape[: max(len(out) - end, 0)]
    return np.clip(out, -rail_uv, rail_uv)


def _spans(scene: Scene, from_ms: float, until_ms: float) -> list[tuple[int, int]]:
    per_ms = scene.sample_rate_hz / 1e3
    return [(max(p + round(from_ms * per_ms), 1), p + round(until_ms * per_ms)) for p in scene.pulses]


KINDS: dict[str, Maker] = {
    "none": no_rail,
    "rail declared": rail_declared,
    "rail below": rail_below,
    "tanh": soft,
    "clip, high-pass": clip_then_high_pass,
    "blanked to zero": blanked_to_zero,
    "blanked, held": blanked_and_held,
    "band-limited": band_limited,
    "sample and hold": sample_and_hold,
    "sound card": sound_card,
    "notch": notched,
    "automatic gain": automatic_gain,
}
