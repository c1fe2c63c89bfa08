"""Detection on simulated patients, whose artefacts and muscles the detector knows nothing of.

``python -m tests.benchmarks.bench_patients [PATIENTS]``. What holds for a simulation need not hold for a person.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from drivers.base import Block, Channel, DeviceInfo, Pulse
from drivers.simulated.patient import Patient
from guidance.signal.evoked import SweepResult
from guidance.signal.path import Answer, SignalPath

RATE_HZ = 10_000
PULSES = 60
WINDOW_MS = (2.0, 25.0)
SIZES_UV = (0.0, 1.0, 20.0, 40.0, 80.0, 160.0, 500.0, 1e9)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A pulse: the response that the patient truly gave, in uV peak to peak, and what was told of it."""

    true_uv: float
    told: SweepResult


def cases(seed: int) -> list[Case]:
    """Pulses at 2 a second, at 0.3 to 2.5 times the true threshold (at most 6 mA), while the needle approaches."""
    patient = Patient(seed, sample_rate_hz=RATE_HZ, scenario="approach")
    info = DeviceInfo("patient", "", "", float(RATE_HZ), (Channel("EMG", patient.front_end.range_uv),))
    path = SignalPath(info, WINDOW_MS, None, listen=False)
    rng = np.random.default_rng(seed + 999)
    at, found = 0, []
    for pulse in range(-4, PULSES):
        wanted = patient.truth().threshold_ma * float(np.exp(rng.uniform(np.log(0.3), np.log(2.5))))
        stimuli = [] if pulse < 0 else [(50.3, min(wanted, 6.0), 0.1)]
        samples = patient.advance(RATE_HZ // 2, stimuli)
        pulses = tuple(Pulse(at + int(s[0]), current_ma=s[1], width_ms=s[2]) for s in stimuli)
        answers = [f.evoked for f in path.feed(Block(at, samples, pulses)) if isinstance(f, Answer)]
        evoked = patient.truth().evoked
        if evoked is not None:
            found += [Case(max(*evoked.m_wave_uv, evoked.h_wave_uv), answer) for answer in answers]
        at += RATE_HZ // 2
    return found


def main(patients: int) -> None:
    """Print a row for each range of sizes."""
    every = [case for seed in range(patients) for case in cases(seed)]
    print("true response (uV)     pulses   detected   cannot tell   amplitude / truth (median)")
    for low, high in pairwise(SIZES_UV):
        group = [case for case in every if low <= case.true_uv < high]
        if not group:
            continue
        detected = [case.told.detected for case in group]
        untold = [case.told.contaminated for case in group]
        ratios = [case.told.amplitude_uv / case.true_uv for case in group if case.told.detected and case.true_uv >= 1
                  if case.told.amplitude_uv]  # fmt: skip
        ratio = f"{np.median(ratios):.2f}" if ratios else "-"
        to = f"{high:g}" if high < 1e9 else "..."
        print(f"{low:>6g} to {to:<10} {len(group):>8} {np.mean(detected):>10.1%} {np.mean(untold):>13.1%}   {ratio}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 14)
