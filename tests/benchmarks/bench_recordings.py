"""Accuracy on the recorded streams, and the speed of ``--fast``: ``python -m tests.benchmarks.bench_recordings``."""

from __future__ import annotations

import time

import numpy as np

from drivers.recording import Recording
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from tests.support.recorded_streams import STREAMS, replayed, score
from tests.support.shared import shared

MEP = (
    ("mep_human_recruitment_7intensities", (13.0, 50.0)),
    ("mep_human_repetition_TA_raw", (13.0, 50.0)),
    ("mep_human_repetition_TA_raw", (25.0, 80.0)),
    ("mep_human_sicf1p4_TA_raw", (13.0, 50.0)),
    ("mep_human_sicf1p4_TA_raw", (25.0, 80.0)),
    ("mep_human_suprathreshold_FDI", (13.0, 50.0)),
)


def found_pulses() -> tuple[int, int, int]:
    """Of the annotated pulses of the spinal-stimulation stream: how many, found within 1 ms, and false ones."""
    path = shared(f"{STREAMS}/artifact_tscs_cervical_4k.edf")
    annotated = np.array([pulse.sample for pulse in Recording(path).pulses])
    stimuli, _ = replayed(path, Settings(load("generic-block"), Mode.LISTEN))
    found = np.array([stimulus.sample for stimulus in stimuli])
    apart = np.abs(annotated[:, None] - found[None, :])
    within = round(1e-3 * Recording(path).info.sample_rate_hz)
    return len(annotated), int((apart.min(axis=1) <= within).sum()), int((apart.min(axis=0) > within).sum())


def speed(rate_hz: float = 10_000.0, seconds: float = 120.0) -> float:
    """Multiples of real time at which one channel with two pulses a second goes through the whole path."""
    from drivers.base import Block, Channel, DeviceInfo, Pulse

    rng = np.random.default_rng(1)
    count = int(rate_hz * seconds)
    samples = rng.normal(0, 8, (count, 1)).astype(np.float32)
    pulses = [Pulse(int(i * rate_hz / 2) + 100) for i in range(int(seconds * 2))]
    for pulse in pulses:
        samples[pulse.sample : pulse.sample + 8, 0] += 3000
    info = DeviceInfo("noise", "", "noise:", rate_hz, (Channel("EMG"),))
    engine = Engine(Settings(load("generic-block"), Mode.MANUAL), info, "")
    step = int(rate_hz / 4)
    began = time.perf_counter()
    for at in range(0, count, step):
        inside = tuple(pulse for pulse in pulses if at <= pulse.sample < at + step)
        list(engine.step([Block(at, samples[at : at + step], inside)]))
    return seconds / (time.perf_counter() - began)


def main() -> None:
    """Print the tables."""
    print("stream                                window ms  sensitivity  specificity  median amplitude error")
    scores = [(name, window, score(name, window)) for name, window in MEP]
    for name, window, s in scores:
        false = f"{s.negatives - s.false}/{s.negatives}" if s.negatives else "-"
        error = 100 * float(np.median(s.errors))
        print(f"{name:37} {window[0]:g}-{window[1]:<6g}  {s.hits:>3}/{s.positives:<7} {false:>8} {error:16.1f} %")
    early = [s for _, window, s in scores if window == MEP[0][1]]
    hits, positives = sum(s.hits for s in early), sum(s.positives for s in early)
    kept, negatives = sum(s.negatives - s.false for s in early), sum(s.negatives for s in early)
    print(f"window {MEP[0][1][0]:g}-{MEP[0][1][1]:g} ms, all streams: labelled 1, detected: {hits} of {positives}; "
          f"labelled 0, not detected: {kept} of {negatives}")  # fmt: skip
    annotated, found, false_pulses = found_pulses()
    print(f"spinal stimulation, --mode listen: {found} of {annotated} pulses within 1 ms, {false_pulses} false")
    voluntary = Settings(load("generic-block"), Mode.LISTEN)
    stimuli, _ = replayed(shared(f"{STREAMS}/voluntary_emg_4k.edf"), voluntary)
    print(f"voluntary EMG, --mode listen: {len(stimuli)} pulses found")
    print(f"--fast, one channel at 10 kHz, 2 pulses a second: {speed():.0f} x real time")


if __name__ == "__main__":
    main()
