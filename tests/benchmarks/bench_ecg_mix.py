"""The muscle's rest under a heart artefact of known size, beside that of the same signal without it.

``uv run python -m tests.benchmarks.bench_ecg_mix``

Recorded surface EMG with 30 s of rest, plus the recorded ECG of another person at 0 to 300 uV (``data/ecg_mix``).
Rest, heart and band as a visit measures them: RMS of 0.1 s, the band above the heart where the envelope shows a heart.
*Clean* is the rest of the signal without ECG in that band, *wide* what the usual band would measure. The aim: within
10 % of the clean one. The corner of 150 Hz was chosen with this recording in view.
"""

from __future__ import annotations

import numpy as np

from drivers.recording import Recording
from guidance.biofeedback.calibration import RestLevel, measure_rest
from guidance.biofeedback.envelope import STEP_S, Envelope, EnvelopeBand, band_above_heart, wide_band
from guidance.biofeedback.heart_artefact import heart_interval_s
from guidance.signal.sweep.basis import Array
from tests.benchmarks.trial import run
from tests.support.shared import shared

ECG_UV = (0, 30, 100, 300)
REST_S, SETTLED_S, WINDOW_S, DEVIATIONS = 30.0, 1.0, 0.1, 3.0
RATE_HZ = 1000.0


def envelope_of(samples: Array, band: EnvelopeBand) -> Array:
    """Return the envelope in uV of the rest at the start of ``samples``, once it has settled."""
    envelope = Envelope(RATE_HZ, band, WINDOW_S)(samples[: round(REST_S * RATE_HZ)])
    return envelope[round(SETTLED_S / STEP_S) :]


def rest_uv(samples: Array, band: EnvelopeBand) -> float:
    """Return the mean of rest in uV in ``band``."""
    rest = measure_rest(envelope_of(samples, band), DEVIATIONS)
    if not isinstance(rest, RestLevel):
        raise SystemExit(f"no rest in the recording: {rest}")
    return rest.mean_uv


def recorded(ecg_uv: int) -> Array:
    """Return the recording (n,) in uV with an ECG of ``ecg_uv``."""
    recording = Recording(shared(f"data/ecg_mix/mix{ecg_uv}.edf"))
    block = recording.take(recording.total_samples)
    recording.close()
    if block is None:
        raise SystemExit("the recording is empty")
    return block.samples[:, 0].astype(float)


def main() -> None:
    """Print a row for each size of the ECG."""
    clean = np.load(shared("data/ecg_mix/clean.npy")).astype(float)
    wide, high = wide_band(RATE_HZ), band_above_heart(RATE_HZ)
    print(f"{'ECG uV':>6}{'heart/min':>11}  {'band':14}{'rest uV':>9}{'clean uV':>10}{'off':>8}{'wide, off':>11}")
    for ecg_uv in ECG_UV:
        samples = recorded(ecg_uv)
        heart_s = heart_interval_s(envelope_of(samples, wide))
        band = high if heart_s and high else wide
        rest, truth = rest_uv(samples, band), rest_uv(clean, band)
        off, wide_off = rest / truth - 1, rest_uv(samples, wide) / rest_uv(clean, wide) - 1
        heart = f"{60 / heart_s:11.1f}" if heart_s else f"{'none':>11}"
        print(f"{ecg_uv:6}{heart}  {band.words:14}{rest:9.2f}{truth:10.2f}{off:+8.0%}{wide_off:+11.0%}")


if __name__ == "__main__":
    run(main)
