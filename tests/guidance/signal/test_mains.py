"""Why there are two estimates of the mains: one for a sweep, one for effort. Neither can replace the other."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

from guidance.biofeedback.mains_tracker import MainsTracker
from guidance.signal.sweep.basis import Array
from guidance.signal.sweep.mains import fit_mains

RATE_HZ, PART, FITTED = 2000.0, 200, 600
REST_S, REST_UV, EFFORT_UV = 10, 5.0, 100.0


def mains_and_emg(seed: int) -> tuple[Array, Array]:
    """20 s of 50 Hz with its third harmonic; EMG at rest for 10 s, then 2 s of effort in every 4."""
    rng, t = np.random.default_rng(seed), np.arange(round(20 * RATE_HZ)) / RATE_HZ
    mains = 20.0 * np.sin(2 * np.pi * 50.0 * t + rng.uniform(0, 6.28)) + 5.0 * np.sin(2 * np.pi * 150.0 * t)
    emg = sosfilt(butter(2, (20, 450), "bandpass", fs=RATE_HZ, output="sos"), rng.standard_normal(len(t)))
    return mains, emg / emg.std() * np.where((t >= REST_S) & (t % 4 < 2), EFFORT_UV, REST_UV)


def rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))


def left_by_following(mains: Array, emg: Array) -> Array:
    follower, there = MainsTracker(RATE_HZ, 450.0), np.ones(PART, bool)
    parts = [follower(part, there) for part in np.split(mains + emg, len(mains) // PART)]
    return np.asarray(np.concatenate(parts) - emg)


def left_by_fitting(mains: Array, emg: Array) -> Array:
    left = mains.copy()
    for at in range(FITTED, len(mains), PART):
        fit = fit_mains((mains + emg)[at - FITTED : at], at - FITTED, RATE_HZ)
        assert fit is not None
        left[at : at + PART] -= fit(at, PART)
    return left


def test_after_300_ms_at_rest_a_fit_leaves_less_of_the_mains_than_following_it() -> None:
    first = slice(FITTED, FITTED + PART)
    worlds = [mains_and_emg(seed) for seed in range(6)]
    fitted = np.mean([rms(left_by_fitting(*world)[first]) for world in worlds])
    followed = np.mean([rms(left_by_following(*world)[first]) for world in worlds])
    assert fitted < 1.0 < followed


def test_in_effort_following_leaves_a_tenth_and_a_fit_takes_next_to_nothing_away() -> None:
    mains, emg = mains_and_emg(1)
    t = np.arange(len(mains)) / RATE_HZ
    effort = (t >= REST_S) & (t % 4 < 2)
    whole_uv = rms(mains[effort])
    assert rms(left_by_following(mains, emg)[effort]) < 0.15 * whole_uv
    assert rms(left_by_fitting(mains, emg)[effort]) > 0.7 * whole_uv
