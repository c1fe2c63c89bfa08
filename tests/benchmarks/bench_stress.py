"""What the pipeline detects in two recordings full of artefacts, without labels: ``python -m
tests.benchmarks.bench_stress``.

Spinal stimulation at 30 Hz over voluntary bursts (nine segments of 5 s, none stimulated in the first and last), and
functional electrical stimulation (16 channels, trains at about 33 Hz, some saturated); both brought to 4 kHz. Once the
pipeline finds the pulses, compared with the sharp edges that a plain peak finder sees in the whole signal; once it is
given those edges. Which of the sweeps hold a response is not known: the table shows what is claimed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from scipy.signal import find_peaks, resample_poly

from drivers.base import Pulse
from guidance.signal.sweep.basis import Array
from tests.benchmarks.trial import PipelineResults, feed, run, stored

RATE_HZ = 4000.0
WINDOW_MS = (2.0, 25.0)
APART_MS, WITHIN_MS = 20.0, 2.0
SHARP = 8.0
"""Edges are peaks of the second difference so many times its median, and at least 20 ms apart."""


def segments() -> Iterator[tuple[str, Array, float | None]]:
    """Name, signal (n,) in uV at 4 kHz, and the input range where the signal shows one."""
    spinal = stored("artifact_tscs_voluntary_1926.npz")["signal_uV"].astype(float)
    for i, pair in enumerate(spinal):
        for channel, uv in enumerate(pair):
            yield f"spinal, segment {i}, channel {channel + 1}", resample_poly(uv, 27 * 2, 26), None
    fes = stored("artifact_fes_16ch_2k.npz")
    for name, uv in zip(fes["channel"], fes["signal_uV"].astype(float), strict=True):
        clip = _range_uv(uv)
        out = resample_poly(uv, 2, 1)
        yield f"FES, {str(name).split('.')[0]}", np.clip(out, -clip, clip) if clip else out, clip


def _range_uv(uv: Array) -> float | None:
    """The input range, where the extreme value is reached at least ten times."""
    peak = float(np.abs(uv).max())
    return peak if np.count_nonzero(np.abs(uv) > 0.999 * peak) >= 10 else None


def edges(uv: Array) -> Array:
    """Samples of the sharp edges in ``uv`` (n,)."""
    bend = np.abs(np.diff(uv, 2))
    at, _ = find_peaks(bend, height=SHARP * max(float(np.median(bend)), 1e-3), distance=int(APART_MS * RATE_HZ / 1e3))
    return np.asarray(at)


def claims(results: PipelineResults) -> str:
    """How many sweeps there are, how many are detected (with their median size), and how many are unfit."""
    sweeps = list(results.sweeps.values())
    sizes = [e.amplitude_uv for e in sweeps if e.detected and e.amplitude_uv is not None]
    median = f"{np.median(sizes):.0f}" if sizes else "-"
    return f"{len(sweeps):>9}{len(sizes):>9}{median:>8}{sum(e.contaminated for e in sweeps):>7}"


def line(name: str, uv: Array, clip: float | None) -> str:
    """A row of the table."""
    at = edges(uv)
    listened = feed(uv, RATE_HZ, (), WINDOW_MS, range_uv=clip, listen=True)
    results = feed(uv, RATE_HZ, [Pulse(int(sample)) for sample in at], WINDOW_MS, range_uv=clip)
    found = np.array(listened.pulses)
    apart = np.abs(found[:, None] - at).min(axis=1, initial=len(uv))
    on = int((apart <= WITHIN_MS * RATE_HZ / 1e3).sum())
    beat = f"{np.median(np.diff(found)) / RATE_HZ * 1e3:.1f}" if len(found) > 1 else "-"
    return f"{name:33}{len(at):>6}{len(found):>7}{on:>8}{beat:>8}{claims(listened)}  |{claims(results)}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fourth channel only")
    options = parser.parse_args()
    heading = f"{'sweeps':>9}{'detected':>9}{'uV':>8}{'unfit':>7}"
    print(f"{'':33}{'':>6}{'it finds the pulses':<45}          |  it is given the edges")
    print(f"{'':33}{'edges':>6}{'pulses':>7}{'on edge':>8}{'beat ms':>8}{heading}  |{heading}")
    for i, (name, uv, clip) in enumerate(segments()):
        if not options.quick or i % 4 == 0:
            print(line(name, uv, clip), flush=True)


if __name__ == "__main__":
    run(main)
