"""What the path says of two recordings full of artefacts, without labels: ``python -m tests.benchmarks.bench_stress``.

Spinal stimulation at 30 Hz over voluntary bursts (nine segments of 5 s, no stimulation in the first and last), and
functional electrical stimulation (16 channels, trains at about 33 Hz, some saturated). Both are brought to 4 kHz. No
pulse is told: ``listen`` finds them in each channel by itself. The pulses are set against the beat that the signal's own
sharpest edges keep: how many lie on that beat, and how many of its beats have one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from scipy.signal import resample_poly

from guidance.signal.basis import Array
from guidance.signal.response import Evoked
from tests.benchmarks.trial import Heard, hear, run, stored

RATE_HZ = 4000.0
WINDOW_MS = (2.0, 25.0)
SLOWEST_MS, FASTEST_MS = 60.0, 15.0
REGULAR = 0.1


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


def regularity(pulses: tuple[int, ...]) -> float | None:
    """Share of the intervals between ``pulses`` that are whole multiples of the usual one, give or take a tenth."""
    apart = np.diff(pulses)
    if len(apart) < 3:
        return None
    beats = apart / float(np.median(apart))
    return float(np.mean(np.abs(beats - np.round(beats)) < REGULAR))


def line(name: str, heard: Heard, seconds: float, clip: float | None) -> str:
    """A row of the table."""
    answers: list[Evoked] = list(heard.answers.values())
    apart = np.diff(heard.pulses)
    beat = f"{np.median(apart) / RATE_HZ * 1e3:.1f}" if len(apart) else "-"
    even = regularity(heard.pulses)
    sizes = [e.amplitude_uv for e in answers if e.detected and e.amplitude_uv is not None]
    return (
        f"{name:34}{len(heard.pulses):>7}{len(heard.pulses) / seconds:>8.1f}{beat:>9}{f'{even:.0%}' if even is not None else '-':>8}"
        f"{len(answers):>9}{sum(e.detected for e in answers):>9}{sum(e.contaminated for e in answers):>7}"
        f"{f'{np.median(sizes):.0f}' if sizes else '-':>11}{f'{clip:.0f}' if clip else '-':>8}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every fourth channel only")
    options = parser.parse_args()
    print(
        f"{'':34}{'pulses':>7}{'a s':>8}{'beat ms':>9}{'even':>8}{'answers':>9}{'detected':>9}{'unfit':>7}"
        f"{'median uV':>11}{'clips':>8}"
    )
    for i, (name, uv, clip) in enumerate(segments()):
        if not options.quick or i % 4 == 0:
            heard = hear(uv, RATE_HZ, (), WINDOW_MS, range_uv=clip, listen=True)
            print(line(name, heard, len(uv) / RATE_HZ, clip), flush=True)


if __name__ == "__main__":
    run(main)
