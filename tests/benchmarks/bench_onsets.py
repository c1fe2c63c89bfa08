"""Onsets and offsets of muscle activity: made bursts with known times; simulated signals of others, with peers.

``uv run --group peers python -m tests.benchmarks.bench_onsets [--seeds N]``

Made bursts: odd seeds, on which nothing was tuned (tests/worlds/bursts.py), by the RMS of activity over that of rest.
An onset is found if this program names one within 0.5 s; errors are in ms after the true time; *covered* is how often
the interval of 90 % holds the truth. *Delay*: from the true onset to the record.

Signals made by others (ekowa053/EMG-Onset-Training-Using-Simulated-Signals): this program streams in blocks of 20 ms;
NeuroKit2 (``emg_process``), BioSPPy (``find_onsets``) and the method of Hodges and Bui (of BioSPPy, rest from the first
0.4 s) see the whole signal. The last two name beginnings and ends alike: any of them may meet an onset, and *false*
counts the ends too.
"""

from __future__ import annotations

import argparse
import importlib
import warnings
from collections.abc import Callable

import numpy as np

from guidance.signal.sweep.basis import Array
from tests.benchmarks.trial import run
from tests.support.biofeedback_signals import activity_edges
from tests.support.shared import shared
from tests.worlds.bursts import made_bursts

RATIOS = (2.0, 3.0, 5.0, 10.0)
NEAR_S = 0.5
PEER_REST_S, PEER_WINDOW_S, PEER_DEVIATIONS = 0.4, 0.05, 3.0
SCALE_UV = 100.0
"""The signals made by others are in arbitrary units; times 100 they are in uV."""


def errors_ms(found_s: Array, truth_s: Array) -> Array:
    """Return for each of ``truth_s`` the nearest of ``found_s`` less it, in ms; NaN where none is within NEAR_S."""
    if not len(found_s):
        return np.full(len(truth_s), np.nan)
    off = found_s[:, None] - truth_s[None, :]
    nearest = off[np.abs(off).argmin(axis=0), np.arange(len(truth_s))]
    return np.where(np.abs(nearest) <= NEAR_S, 1e3 * nearest, np.nan)


def summary(errors: Array, found: int) -> str:
    """Return found, false, median and share within 50 ms of ``errors`` (n,) in ms with ``found`` edges in all."""
    known = errors[np.isfinite(errors)]
    median = f"{np.median(known):+8.0f}" if len(known) else f"{'-':>8}"
    return f"{len(known):5} of {len(errors):<5}{found - len(known):6}{median}{np.mean(np.abs(errors) <= 50):11.2f}"


def made(ratio: float, seeds: range) -> str:
    """Return the rows of onsets and offsets of the made bursts of ``ratio``."""
    rows = []
    every = {seed: made_bursts(seed, ratio) for seed in seeds}
    found = {seed: activity_edges(burst.samples, burst.sample_rate_hz) for seed, burst in every.items()}
    for edge in ("onset", "offset"):
        errors, covered, delays, total = [], [], [], 0
        for seed, burst in every.items():
            mine = [each for each in found[seed] if each.edge == edge]
            truth = burst.onsets_s if edge == "onset" else burst.offsets_s
            off = errors_ms(np.array([each.at_s for each in mine]), truth)
            errors.append(off)
            total += len(mine)
            for true_s, error in zip(truth, off, strict=True):
                if np.isfinite(error):
                    nearest = min(mine, key=lambda each: abs(each.at_s - true_s))
                    covered.append(nearest.earliest_s <= true_s <= nearest.latest_s)
                    delays.append(nearest.decided_s - true_s)
        share, delay = np.mean(covered), 1e3 * np.median(delays)
        rows.append(f"{ratio:<8g}{edge:8}{summary(np.concatenate(errors), total)}{share:9.2f}{delay:9.0f}")
    return "\n".join(rows)


def this_program(samples: Array, sample_rate_hz: float) -> Array:
    """Return the onsets in s as a visit finds them."""
    return np.array([each.at_s for each in activity_edges(samples, sample_rate_hz) if each.edge == "onset"])


def neurokit(samples: Array, sample_rate_hz: float) -> Array:
    """Return the onsets in s of NeuroKit2's whole pipeline."""
    peer = importlib.import_module("neurokit2")
    _, found = peer.emg_process(samples, sampling_rate=int(sample_rate_hz))
    return np.asarray(found["EMG_Onsets"], dtype=float) / sample_rate_hz


def biosppy(samples: Array, sample_rate_hz: float) -> Array:
    """Return BioSPPy's edges in s: it names beginnings and ends alike, and any of them may meet an onset."""
    peer = importlib.import_module("biosppy.signals.emg")
    found = peer.emg(samples, sampling_rate=sample_rate_hz, show=False)["onsets"]
    return np.asarray(found, dtype=float) / sample_rate_hz


def hodges_bui(samples: Array, sample_rate_hz: float) -> Array:
    """Return the edges in s, beginnings and ends, of the method of Hodges and Bui as BioSPPy has it."""
    peer = importlib.import_module("biosppy.signals.emg")
    found = peer.hodges_bui_onset_detector(
        signal=samples,
        rest=samples[: round(PEER_REST_S * sample_rate_hz)],
        sampling_rate=sample_rate_hz,
        size=round(PEER_WINDOW_S * sample_rate_hz),
        threshold=PEER_DEVIATIONS,
    )["onsets"]
    return np.asarray(found, dtype=float) / sample_rate_hz


PROGRAMS: dict[str, Callable[[Array, float], Array]] = {
    "this program": this_program,
    "NeuroKit2": neurokit,
    "BioSPPy": biosppy,
    "Hodges-Bui": hodges_bui,
}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=24, help="made signals for each ratio (default 24)")
    seeds = range(1, 2 * parser.parse_args().seeds, 2)
    warnings.simplefilter("ignore")  # the peers warn where they find no burst; the table shows it
    print(f"{'ratio':8}{'':8}{'found':>13}{'false':>6}{'median':>8}{'in 50 ms':>11}{'covered':>9}{'delay':>9}")
    for ratio in RATIOS:
        print(made(ratio, seeds))
    with np.load(shared("data/onsets/onsets.npz")) as data:
        signals, truth, rate = data["signals"] * SCALE_UV, data["onsets"] / float(data["fs"]), float(data["fs"])
    print(f"\n{'program':16}{'found':>13}{'false':>6}{'median':>8}{'in 50 ms':>11}")
    for name, program in PROGRAMS.items():
        errors, total = [], 0
        for column, true_s in zip(signals.T, truth, strict=True):
            found = program(column[np.isfinite(column)], rate)
            errors.append(errors_ms(found, true_s))
            total += len(found)
        print(f"{name:16}{summary(np.concatenate(errors), total)}")


if __name__ == "__main__":
    run(main)
