"""Nominal against observed p-values where nothing was stimulated: ``python -m tests.benchmarks.bench_calibration_p``.

Real recordings without a stimulus are given fake pulses at a regular rate. Every stretch as long as the response's
window is the sweep of one fake pulse of one pass, so that no sweep is counted twice; each pass is a new path, of which
the first five pulses, which teach it, are left out. Once as recorded, and once with a measured artefact of 2 mV added
at each pulse, another shape each pass. Sweeps called unfit are among those counted; withheld p-values stand apart.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import resample_poly

from drivers.base import Pulse
from drivers.recording import Recording
from guidance.signal.response.sweep_result import SweepResult
from guidance.signal.sweep.basis import Array
from tests.benchmarks.trial import feed, run, share, stored, stream
from tests.worlds.waves import measured_shapes

WINDOW_MS = (2.0, 25.0)
NOMINAL = (0.1, 0.05, 0.01, 0.001)
TAUGHT, EARLY = 5, 20
ARTEFACT_UV, GAIN_JITTER = 2000.0, 0.03
COUNTS_UV = {"emg": 5.0, "emg_1": 1.0}
"""The BioSPPy recordings are counts without a scale; so many uV each make their bursts those of a surface EMG."""


@dataclass(frozen=True, slots=True, eq=False)
class Unstimulated:
    """A recording (n,) in uV in which nothing was stimulated."""

    name: str
    rate_hz: float
    uv: Array


def recordings() -> Iterator[Unstimulated]:
    """All recordings, needle EMG first."""
    needle = stored("needle_emg_physionet_emgdb.npz")
    rate_hz = float(needle["fs"])
    yield Unstimulated("needle EMG, healthy", rate_hz, needle["healthy_uV"])
    for who in ("myopathy", "neuropathy"):
        whole = needle[f"{who}_uV"]
        yield Unstimulated(f"needle EMG, {who} (first half)", rate_hz, whole[: len(whole) // 2])
    for name, label in (("emg", "surface EMG, bursts (1)"), ("emg_1", "surface EMG, bursts (2)")):
        counts = stored(f"surface_emg_biosppy_{name}.npz")["signal_adc"].astype(float)
        yield Unstimulated(label, 2000.0, resample_poly(COUNTS_UV[name] * (counts - np.median(counts)), 2, 1))
    yield _voluntary()
    yield from _spinal_off()
    for name in ("mep_human_repetition_TA_raw", "mep_human_suprathreshold_FDI", "mep_human_recruitment_7intensities"):
        yield _between_meps(name)


def _voluntary() -> Unstimulated:
    recording = Recording(stream("voluntary_emg_4k"))
    return Unstimulated("surface EMG, voluntary, spinal OFF", recording.info.sample_rate_hz, _samples(recording))


def _spinal_off() -> Iterator[Unstimulated]:
    spinal = stored("artifact_tscs_voluntary_1926.npz")
    for channel in (0, 1):
        baseline = spinal["signal_uV"][[0, 8], channel].astype(float)
        joined = _joined(list(baseline), 10)
        yield Unstimulated(f"spinal OFF segments, channel {channel + 1}", 2000.0, resample_poly(joined, 27, 26))


def _between_meps(name: str) -> Unstimulated:
    recording = Recording(stream(name))
    rate_hz, uv = recording.info.sample_rate_hz, _samples(recording)
    at = [pulse.sample for pulse in recording.pulses]
    gaps = [uv[a + int(0.2 * rate_hz) : b - int(0.01 * rate_hz)] for a, b in pairwise(at)]
    return Unstimulated(f"between MEPs, {name.removeprefix('mep_human_')}", rate_hz, _joined(gaps, int(0.01 * rate_hz)))


def _samples(recording: Recording) -> Array:
    blocks = []
    while block := recording.take(100_000):
        blocks.append(block.samples[:, 0].astype(float))
    return np.concatenate(blocks)


def _joined(parts: list[Array], fade: int) -> Array:
    """``parts`` in a row, cross-faded over ``fade`` samples."""
    ramp = np.linspace(0, 1, fade)
    whole = parts[0]
    for part in parts[1:]:
        seam = (1 - ramp) * whole[-fade:] + ramp * part[:fade]
        whole = np.concatenate([whole[:-fade], seam, part[fade:]])
    return whole


def passes(recording: Unstimulated, pulse_hz: float, most: int) -> Iterator[list[int]]:
    """The fake pulses' samples of each pass; the sweeps of all passes lie side by side."""
    period, window = recording.rate_hz / pulse_hz, WINDOW_MS[1] * recording.rate_hz / 1e3
    for k in range(min(int(period / window), most)):
        first = 0.3 * recording.rate_hz + k * window
        yield np.arange(first, len(recording.uv) - 2 * window, period).astype(int).tolist()


def judged(
    recording: Unstimulated, pulse_hz: float, most: int, artefacts: Array | None
) -> Iterator[tuple[int, SweepResult]]:
    """Number in its pass, and result, of all fake pulses but the first; one of ``artefacts`` added where given."""
    for k, at in enumerate(passes(recording, pulse_hz, most)):
        uv = recording.uv.astype(float)
        if artefacts is not None:
            rng = np.random.default_rng([7, k])
            uv = _with_artefacts(uv, at, artefacts[rng.integers(len(artefacts))], rng)
        pulses = [Pulse(sample, current_ma=1.0, width_ms=0.1) for sample in at]
        sweeps = feed(uv, recording.rate_hz, pulses, WINDOW_MS).sweeps
        yield from ((i, sweeps[sample, 0]) for i, sample in enumerate(at) if i >= TAUGHT)


def _with_artefacts(uv: Array, at: list[int], shape: Array, rng: np.random.Generator) -> Array:
    out = uv.copy()
    for sample in at:
        stop = min(len(out), sample + len(shape))
        gain = ARTEFACT_UV * (1 + GAIN_JITTER * rng.standard_normal())
        out[sample:stop] += gain * shape[: stop - sample]
    return out


def row(sweeps: list[SweepResult]) -> str:
    """The shares of p-values below each nominal one, and what else became of the sweeps."""
    p_values = np.array([e.p_value for e in sweeps if e.p_value is not None])
    shares = "".join(f"{share(int((p_values < nominal).sum()), len(p_values)):>18}" for nominal in NOMINAL)
    if not sweeps:
        return f"{0:>6}"
    unfit = np.mean([e.contaminated for e in sweeps])
    return f"{len(sweeps):>6}{shares}{1 - len(p_values) / len(sweeps):>9.1%}{unfit:>9.1%}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two passes a recording only")
    parser.add_argument("--only", default="", help="recordings whose name holds this")
    options = parser.parse_args()
    most = 2 if options.quick else 100
    heads = "".join(f"{f'p < {nominal:g}, %':>18}" for nominal in NOMINAL)
    print(f"{'recording':43}{'pulses':24}{'sweeps':>6}{heads}{'no p':>9}{'unfit':>9}")
    pooled: dict[str, list[tuple[int, SweepResult]]] = {}
    for recording in recordings():
        if options.only not in recording.name:
            continue
        artefacts = measured_shapes(recording.rate_hz)[0]
        for pulse_hz, added in ((5.0, None), (2.0, None), (2.0, artefacts)):
            kind = f"{pulse_hz:g} Hz{', artefact 2 mV' if added is not None else ''}"
            sweeps = list(judged(recording, pulse_hz, most, added))
            print(f"{recording.name:43}{kind:24}{row([evoked for _, evoked in sweeps])}", flush=True)
            pooled.setdefault(kind, []).extend(sweeps)
    for kind, sweeps in pooled.items():
        early, late = ([e for i, e in sweeps if (i < EARLY) is wanted] for wanted in (True, False))
        print(f"{f'all, pulses {TAUGHT + 1}-{EARLY} of a pass':43}{kind:24}{row(early)}")
        print(f"{'all, later pulses':43}{kind:24}{row(late)}")


if __name__ == "__main__":
    run(main)
