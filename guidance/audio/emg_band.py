"""The band-pass of the EMG monitor. It needs scipy, which the player process does not import."""

from __future__ import annotations

from guidance.audio.resample import HIGHEST_HZ
from guidance.common.filters import FilterSection, butterworth

LOWEST_HZ = 20.0
"""Lower corner of the EMG monitor."""


def emg_band(sample_rate_hz: float) -> tuple[FilterSection, ...]:
    """Return the monitor's filter at ``sample_rate_hz``: 20 Hz to 5 kHz, or to the end of the signal's band."""
    sections = butterworth(2, sample_rate_hz, low_hz=LOWEST_HZ)
    if sample_rate_hz >= 2.2 * HIGHEST_HZ:
        sections += butterworth(4, sample_rate_hz, high_hz=HIGHEST_HZ)
    return sections
