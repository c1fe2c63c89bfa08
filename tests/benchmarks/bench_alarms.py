"""The alarms beside the standard's table, the band and the delay of the EMG monitor, and clicks.

``python -m tests.benchmarks.bench_alarms``: from the samples that the mixer puts out, without a sound device. The
criteria are those of IEC 60601-1-8 as the reference has them, at second hand; ``own`` ones are this project's. Status 1
where one is not met.
"""

from __future__ import annotations

import sys

import numpy as np

from guidance.audio.alarm_bursts import BURSTS, render
from guidance.audio.output import LATENCIES_S
from guidance.cue import MAPPINGS
from tests.support.alarm_signals import Judged, judged
from tests.support.cue_changes import at_alarm, at_changes, inside, largest_step
from tests.support.emg_monitor_delay import band_hz, delay_ms

RATES_HZ = (2_000.0, 10_000.0, 30_000.0)
TONES = MAPPINGS["tempo"].tones


def span(ends: tuple[float, float]) -> str:
    """A range in as few figures as show it."""
    low, high = (f"{end:.4g}" if end < 1000 else f"{end:.0f}" for end in ends)
    return f"{low} and more" if np.isinf(ends[1]) else low if low == high else f"{low} to {high}"


def row(priority: str, found: Judged) -> str:
    """One line of the table of alarms."""
    met = "met" if found.met else "NOT MET"
    return f"{priority:7} {found.what:25} {span(found.measured):18} {span(found.bounds):18} {met}"


def alarms() -> bool:
    """Print all properties of all alarms; whether all are as they are to be."""
    every = [(priority, found) for priority in BURSTS for found in judged(priority)]
    print(f"{'alarm':7} {'':25} {'measured':18} {'criterion':18}")
    for priority, found in every:
        print(row(priority, found))
    met = sum(found.met for _, found in every)
    print(f"{met} of {len(every)} met")
    return met == len(every)


def emg() -> None:
    """Print the EMG monitor's band and delay at some rates."""
    buffer_ms = LATENCIES_S[0] * 1e3
    print("\nEMG monitor    -3 dB band, Hz   to the mixer's output, ms   with the smallest buffer, ms")
    for rate_hz in RATES_HZ:
        low_hz, high_hz = band_hz(rate_hz)
        late_ms = delay_ms(rate_hz)
        print(f"{rate_hz:6.0f} Hz   {low_hz:9.1f} to {high_hz:5.0f} {late_ms:20.1f} {late_ms + buffer_ms:28.1f}")


def clicks() -> None:
    """Print the largest steps inside tones and at changes."""
    tones = max(TONES, key=lambda zone: inside(TONES[zone]))
    before, after, most = max(at_changes(TONES), key=lambda change: change[2])
    print("\nlargest step from one sample to the next, of full scale")
    print(f"inside the tones of guidance       {inside(TONES[tones]):.4f} ({tones})")
    print(f"at every change from zone to zone  {most:.4f} ({before} to {after})")
    for priority, burst in BURSTS.items():
        steps = largest_step(render(burst)), max(at_alarm(priority, tone) for tone in TONES.values())
        print(f"inside the {priority:6} alarm            {steps[0]:.4f}; as it begins and is silenced {steps[1]:.4f}")


def main() -> int:
    """Measure, and print the tables."""
    met = alarms()
    emg()
    clicks()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
