"""Synthetic signals for tests of the signal path, independent of the product's own models. All in uV."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float64]


def artefact(sample_rate_hz: float, height_uv: float, tail_uv: float = 0.0, tail_ms: float = 2.0) -> Wave:
    """Build a stimulus artefact: a spike of 0.2 ms up and 0.2 ms down, then a tail that decays over ``tail_ms``."""
    t = np.arange(round(0.04 * sample_rate_hz)) * 1e3 / sample_rate_hz
    spike = np.where(t < 0.2, height_uv, np.where(t < 0.4, -0.6 * height_uv, 0.0))
    return np.asarray(spike + tail_uv * np.exp(-t / tail_ms))


def m_wave(sample_rate_hz: float, peak_to_peak_uv: float, duration_ms: float = 8.0) -> Wave:
    """Build a biphasic muscle response, which leaves the baseline at its first sample: one skewed cycle of a sine."""
    u = np.arange(round(duration_ms * sample_rate_hz / 1e3)) / (duration_ms * sample_rate_hz / 1e3)
    shape = np.sin(2 * np.pi * u**0.9) * (1 - 0.3 * u)
    return np.asarray(peak_to_peak_uv * shape / np.ptp(shape))


def motor_unit(sample_rate_hz: float, peak_uv: float) -> Wave:
    """Build the triphasic potential of one motor unit, 6 ms long with a rise of half a millisecond."""
    t = (np.arange(round(0.006 * sample_rate_hz)) * 1e3 / sample_rate_hz - 3.0) / 0.45
    return np.asarray(peak_uv * (1 - t**2) * np.exp(-0.5 * t**2))


def mains(count: int, sample_rate_hz: float, amplitude_uv: float, hz: float = 50.0) -> Wave:
    """Build a sine of ``amplitude_uv`` at the mains frequency with a third harmonic of a tenth."""
    turn = 2 * np.pi * hz * np.arange(count) / sample_rate_hz + 0.7
    return np.asarray(amplitude_uv * (np.sin(turn) + 0.1 * np.sin(3 * turn)))


def noise(rng: np.random.Generator, count: int, sd_uv: float = 8.0) -> Wave:
    """Draw white noise."""
    return rng.normal(0.0, sd_uv, count)


def voluntary(rng: np.random.Generator, count: int, sample_rate_hz: float, sd_uv: float) -> Wave:
    """Draw the surface EMG of a contraction: noise between 30 and 350 Hz."""
    spectrum = np.fft.rfft(rng.normal(0.0, 1.0, count))
    hz = np.fft.rfftfreq(count, 1 / sample_rate_hz)
    signal = np.fft.irfft(np.where((hz > 30) & (hz < 350), spectrum, 0), count)
    return np.asarray(sd_uv * signal / signal.std())


def nerve_cells(rng: np.random.Generator, count: int, sample_rate_hz: float) -> Wave:
    """Draw what Intan's RHX shows in its demo: two nerve cells that fire without a rhythm, on noise and slow waves.

    The figures are those of its public source (NeuralSynthSource): spikes of 0.3 to 1.7 ms that begin at once and reach
    0.1 to 0.4 mV, at 0.1 to 50 a second, least at the end of each second; 5 uV of noise; steps of 0.195 uV.
    """
    t = np.arange(count) / sample_rate_hz
    slow = (100 + 80 * np.sin(2 * np.pi * 0.5 * t)) * np.sin(2 * np.pi * 2.3 * t)
    signal = noise(rng, count, 5.0) + slow
    for _ in range(2):
        amplitude_uv, duration_ms = rng.uniform(-500.0, -200.0), rng.uniform(0.3, 1.7)
        per_s, free = float(np.exp(rng.uniform(np.log(0.1), np.log(50.0)))), 0
        ms = np.arange(round(duration_ms * sample_rate_hz / 1e3) + 1) * 1e3 / sample_rate_hz
        spike = amplitude_uv * np.exp(-2.0 * ms) * np.sin(2 * np.pi * ms / duration_ms)
        for at in np.flatnonzero(rng.random(count) < (1 - t % 1.0) * per_s / sample_rate_hz):
            if at >= free:
                add(signal, int(at), spike)
                free = int(at) + round((duration_ms + 5.0) * sample_rate_hz / 1e3)
    return np.asarray(np.round(signal / 0.195) * 0.195)


def add(signal: Wave, at: int, wave: Wave) -> None:
    """Add ``wave`` to ``signal`` from sample ``at`` on; what exceeds the end is left out."""
    stop = min(at + len(wave), len(signal))
    signal[at:stop] += wave[: max(stop - at, 0)]
