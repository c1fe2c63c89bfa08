"""The band in which the needle's EMG is listened to."""

from __future__ import annotations

from scipy.signal import butter

from guidance.audio.filters import Sections
from guidance.audio.resample import HIGHEST_HZ

LOWEST_HZ = 20.0


def emg_band(rate_hz: float) -> Sections:
    """20 Hz to 5 kHz at ``rate_hz``, or to where the signal's own band ends."""
    sections = list(butter(2, LOWEST_HZ, "highpass", fs=rate_hz, output="sos"))
    if rate_hz >= 2.2 * HIGHEST_HZ:
        sections += list(butter(4, HIGHEST_HZ, "lowpass", fs=rate_hz, output="sos"))
    return tuple(tuple(map(float, section)) for section in sections)
