"""The band-pass of the EMG monitor. It needs scipy, which the player process does not import."""

from __future__ import annotations

from scipy.signal import butter

from guidance.audio.filters import Sections
from guidance.audio.resample import HIGHEST_HZ

LOWEST_HZ = 20.0
"""Lower corner of the EMG monitor."""


def emg_band(sample_rate_hz: float) -> Sections:
    """Return the monitor's filter at ``sample_rate_hz``: 20 Hz to 5 kHz, or to the end of the signal's band."""
    sections = list(butter(2, LOWEST_HZ, "highpass", fs=sample_rate_hz, output="sos"))
    if sample_rate_hz >= 2.2 * HIGHEST_HZ:
        sections += list(butter(4, HIGHEST_HZ, "lowpass", fs=sample_rate_hz, output="sos"))
    return tuple(tuple(map(float, section)) for section in sections)
