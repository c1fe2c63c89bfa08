"""Audio killed during a procedure: how soon that is reported, and how soon there is sound again (Linux).

``python -m tests.benchmarks.bench_audio_lost [TIMES]``. Each time a headless procedure on a simulated needle plays on a
sound server of its own, which is killed at a random moment and started again 2 to 3 s later. From the kill to the alarm
`audio-lost` in the event stream; from the server's first reply to the first sample at its sink, which is the needle's
EMG, for that is never silent; and from there to the alarm's end in the event stream.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.support.processes import Line, device, headless, is_stimulus, wait_for
from tests.support.pulse_audio import PulseServer, Recorder, own_sound

AUDIBLE = 2e-4
PLAYS_S, WAIT_S = 1.0, 15.0
CASES = ("kill -> alarm", "server back -> sound at its sink", "server back -> the alarm's end")


def has_sound(line: Line) -> bool:
    """Whether ``line`` reports a second in which the sound device played."""
    return line["kind"] == "signal" and line["underruns"] is not None


def alarm_change_s(store: Path, since_s: float, *, active: bool) -> float:
    """When, after ``since_s``, the alarm began or ended, by the monotonic clock of its record."""

    def wanted(line: Line) -> bool:
        is_alarm = line["kind"] == "alarm" and line["code"] == "audio-lost" and line["active"] is active
        return is_alarm and float(line["mono_ns"]) > since_s * 1e9

    return float(wait_for(store, wanted)["mono_ns"]) / 1e9


def sounded_s(recorder: Recorder, since_s: float) -> float:
    """When the first sample came at the sink."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        first_s = recorder.recording().first_after(since_s, AUDIBLE)
        if first_s is not None:
            return first_s
        time.sleep(0.05)
    raise AssertionError(f"no sound {WAIT_S:g} s after the server was back")


def killed_once(server: PulseServer, store: Path) -> tuple[float, float, float]:
    """The three times of CASES, in s."""
    with device() as simulated, headless(simulated.address, store, audio=True):
        wait_for(store, is_stimulus)
        wait_for(store, has_sound)
        time.sleep(PLAYS_S + random.random())
        killed_s = time.monotonic()
        server.kill()
        alarm_s = alarm_change_s(store, killed_s, active=True)
        time.sleep(2.0 + random.random())
        server.start()
        back_s = time.monotonic()
        with Recorder(server) as recorder:
            recorded_s = sounded_s(recorder, back_s)
        return alarm_s - killed_s, recorded_s - back_s, alarm_change_s(store, back_s, active=False) - back_s


def main(times: int) -> None:
    """Kill it ``times`` over, and print medians and the longest."""
    found = []
    for _ in range(times):
        with own_sound(sys.exit) as server, tempfile.TemporaryDirectory() as store:
            found.append(killed_once(server, Path(store)))
    for name, taken_s in zip(CASES, zip(*found, strict=True), strict=True):
        print(f"{name:32} {np.median(taken_s):6.2f} {max(taken_s):6.2f} s (median, longest of {times})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
