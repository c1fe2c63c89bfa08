"""Biofeedback: other smoothers of the envelope, and other detectors of onsets, on the same made signals.

uv run python -m tests.benchmarks.bench_candidates [--seeds N]

Smoothers: efforts of 100 uV after rest of 2 uV. The length of each is set on one seed so that the envelope of a steady
effort varies as much as that of the moving RMS of 0.1 s; the table is of another. Delays in ms of device time from
the beginning of an effort until half and 90 % of it, and from its end until half and 10 %, each in the median; *95 %*:
all of these but the slowest twentieth.

Detectors: bursts of known onset by even seeds, on which this program's constants were tuned (tests/worlds/bursts.py).
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.optimize import brentq

from guidance.biofeedback.envelope import STEP_S
from guidance.signal.sweep.basis import Array
from tests.benchmarks.bench_onsets import errors_ms, summary, this_program
from tests.benchmarks.scorers.biofeedback_candidates import (
    SMOOTHERS,
    Smoother,
    clean_signal,
    double_threshold,
    moving_rms,
    step_means,
    teager_kaiser,
)
from tests.support.biofeedback_signals import emg
from tests.worlds.bursts import made_bursts

RATE_HZ, REST_UV, EFFORT_UV, EFFORTS, WINDOW_STEPS = 1000.0, 2.0, 100.0, 80, 10.0
SEED_TO_SET, SEED_OF_TABLE = 20, 21
SETTLED_S = 0.5
LENGTHS = (1.5, 16.0)
"""Range of lengths in steps; with much longer ones an effort does not settle in SETTLED_S."""
DETECTORS = {
    "likelihood ratio (used)": this_program,
    "double threshold": double_threshold,
    "double threshold, TKEO": teager_kaiser,
}
RATIOS = (2.0, 5.0)


def efforts(seed: int) -> tuple[Array, Array, Array]:
    """Return the mean squares (n,) of a made signal, and when its efforts begin and end in s."""
    rng = np.random.default_rng(seed)
    lengths = rng.uniform(0.8, 2.0, (EFFORTS, 2))
    edges = 1.0 + np.cumsum(lengths.ravel())
    begins, ends = edges[0::2], edges[1::2]
    t = np.arange(round((edges[-1] + 1.0) * RATE_HZ)) / RATE_HZ
    active = np.searchsorted(edges, t, "right") % 2 == 1
    signal = emg(rng, len(t), RATE_HZ) * np.where(active, EFFORT_UV, REST_UV)
    return step_means(clean_signal(signal, RATE_HZ) ** 2, RATE_HZ), begins, ends


def variation(envelope: Array, begins: Array, ends: Array) -> float:
    """Return the standard deviation of the envelope in settled efforts as a share of its mean."""
    t = (np.arange(len(envelope)) + 1) * STEP_S
    settled = [envelope[(t > begin + SETTLED_S) & (t < end)] for begin, end in zip(begins, ends, strict=True)]
    values = np.concatenate(settled)
    return float(values.std() / values.mean())


def delays_ms(envelope: Array, edges: Array, level_uv: float, *, rising: bool) -> Array:
    """Return for each of ``edges`` in s how long after it the envelope passes ``level_uv``, within 0.75 s."""
    t = (np.arange(len(envelope)) + 1) * STEP_S
    passed = envelope >= level_uv if rising else envelope <= level_uv
    out = [t[(t > edge) & (t < edge + 0.75) & passed][:1] - edge for edge in edges]
    return 1e3 * np.array([each[0] if len(each) else np.nan for each in out])


def length_of(smoother: Smoother, squares: Array, begins: Array, ends: Array, aim: float) -> float:
    """Return the length in steps at which ``smoother`` varies by ``aim``."""
    return float(brentq(lambda steps: variation(smoother(squares, steps), begins, ends) - aim, *LENGTHS, xtol=0.02))


def smoother_rows() -> list[str]:
    """Return a row for each smoother."""
    known, held = efforts(SEED_TO_SET), efforts(SEED_OF_TABLE)
    aim = variation(moving_rms(known[0], WINDOW_STEPS), *known[1:])
    rows = []
    for name, smoother in SMOOTHERS.items():
        steps = WINDOW_STEPS if smoother is moving_rms else length_of(smoother, *known, aim)
        squares, begins, ends = held
        envelope = smoother(squares, steps)
        cells = []
        for edges, share, rising in ((begins, 0.5, True), (begins, 0.9, True), (ends, 0.5, False), (ends, 0.1, False)):
            delays = delays_ms(envelope, edges, share * EFFORT_UV, rising=rising)
            cells.append(f"{np.nanmedian(delays):7.0f}{np.nanquantile(delays, 0.95):7.0f}")
        rows.append(f"{name:24}{steps:6.1f}{100 * variation(envelope, begins, ends):9.1f} %" + "".join(cells))
    return rows


def detector_rows(seeds: range) -> list[str]:
    """Return a row for each detector and ratio."""
    rows = []
    for ratio in RATIOS:
        bursts = [made_bursts(seed, ratio) for seed in seeds]
        for name, detector in DETECTORS.items():
            found = [detector(burst.samples, burst.sample_rate_hz) for burst in bursts]
            errors = [errors_ms(each, burst.onsets_s) for each, burst in zip(found, bursts, strict=True)]
            rows.append(f"{ratio:<8g}{name:24}{summary(np.concatenate(errors), sum(map(len, found)))}")
    return rows


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=6, help="made signals for each ratio (default 6)")
    seeds = range(0, 2 * parser.parse_args().seeds, 2)
    print(
        f"{'':24}{'steps':>6}{'varies by':>11}{'up to 50 %':>14}{'up to 90 %':>14}{'down to 50 %':>14}{'to 10 %':>14}"
    )
    print(f"{'smoother':41}" + f"{'50 %':>7}{'95 %':>7}" * 4)
    print("\n".join(smoother_rows()))
    print(f"\n{'ratio':8}{'detector':24}{'found':>13}{'false':>6}{'median':>8}{'in 50 ms':>11}")
    print("\n".join(detector_rows(seeds)))


if __name__ == "__main__":
    main()
