"""Recorded surface EMG: bursts of contraction are detected as efforts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.recording import Recording
from guidance.biofeedback.calibration import RestLevel, largest_uv, measure_rest, too_weak
from guidance.biofeedback.envelope import Envelope, wide_band
from guidance.signal.sweep.basis import Array
from tests.support.shared import shared


def runs(above: NDArray[np.bool_], least: int) -> int:
    """Count the stretches of at least ``least`` steps that are above."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], above.astype(int), [0]])))
    return int(np.sum(edges[1::2] - edges[::2] >= least))


def begins(above: NDArray[np.bool_], least: int) -> list[int]:
    """Return where the stretches begin."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], above.astype(int), [0]])))
    return [int(first) for first, stop in zip(edges[::2], edges[1::2], strict=True) if stop - first >= least]


def envelope_of(name: str) -> Array:
    with np.load(shared(f"data/{name}.npz"), allow_pickle=True) as stored:
        counts, sample_rate_hz = stored["signal_adc"].astype(float), float(stored["fs"])
    return Envelope(sample_rate_hz, wide_band(sample_rate_hz), 0.1)(counts)[30:]


def test_each_burst_of_contraction_is_an_effort() -> None:
    """Expect a short burst, a long one, and a pair of short ones; the line is 25 % of the largest effort."""
    envelope = envelope_of("surface_emg_biosppy_emg_1")
    rest, most = measure_rest(envelope[400:1400], 3.0), largest_uv([envelope])
    assert isinstance(rest, RestLevel)
    assert most is not None
    assert too_weak(rest, most) is None
    above = envelope > 0.25 * most
    assert runs(above, 10) == 4
    assert [round((at + 30) / 100) for at in begins(above, 10)] == [2, 16, 26, 26]


def test_a_weak_contraction_is_detected_but_too_weak_to_train_with() -> None:
    """Use an effort of about twice the noise of a 12-bit converter, from 50 to 59 s."""
    envelope = envelope_of("surface_emg_biosppy_emg")
    rest, most = measure_rest(envelope[:2000], 3.0), largest_uv([envelope])
    assert isinstance(rest, RestLevel)
    assert most is not None
    smooth = np.convolve(envelope, np.ones(100) / 100, "same")
    assert 48 < begins(smooth > 0.75 * most, 50)[0] / 100 < 54
    assert "no effort stood out from rest" in (too_weak(rest, most) or "")


def test_voluntary_contractions_stand_out_from_rest() -> None:
    recording = Recording(shared("data/streams/voluntary_emg_4k.edf"))
    block = recording.take(recording.total_samples)
    assert block is not None
    envelope = Envelope(4000.0, wide_band(4000.0), 0.1)(block.samples[:, 0].astype(float))[30:]
    assert np.isfinite(envelope).all()
    assert np.percentile(envelope, 95) > 3 * np.percentile(envelope, 10)
