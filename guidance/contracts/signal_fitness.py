"""Limits of what is fit for use: of noise, mains, clipping and impedance, and of the age of an estimate.

``check`` (before the procedure), the screen and the alarms judge by these limits and by no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

NOISE_UV = 30.0
"""RMS above 20 Hz in uV: the usual criterion of 100 uV is little more than three times it (a judgement, unsourced)."""

MAINS_UV = 20.0
"""Peak amplitude of the fundamental in uV: a fifth of the usual criterion (a judgement, unsourced)."""

CLIPPED_SHARE = 0.01
"""Share of samples at the input's limit: 10 ms of a second, more than the artefacts of two pulses (a judgement)."""

IMPEDANCE_KOHM = 30.0
"""Of the stimulator's circuit, in kOhm: 5 mA through it take 150 V (a judgement, unsourced)."""

STALE_S, STALE_PULSES = 3.0, 2.5
"""An estimate is stale after the longer of so many seconds and so many intervals between pulses (a judgement)."""


class Unfit(Enum):
    """Reason why something is not fit for use; the value is what to do."""

    FLAT = "check that the electrode is connected"
    CLIPPED = "check electrode and reference"
    MAINS = "attach the ground electrode, keep cables away from power leads"
    NOISE = "let the muscle rest, clean the skin, attach the electrode anew"
    IMPEDANCE = "check needle cable and return electrode"

    @property
    def remedy(self) -> str:
        """What to do, as a clause."""
        return self.value


def signal_faults(rms_uv: float | None, mains_uv: float | None, clipped: float | None) -> Iterator[Unfit]:
    """Yield what is wrong with a channel of ``rms_uv`` above 20 Hz, ``mains_uv`` (peak) and a share ``clipped`` of its
    samples at the limit; what is not known (None) is not judged.
    """
    if rms_uv == 0.0:
        yield Unfit.FLAT
    if (clipped or 0.0) > CLIPPED_SHARE:
        yield Unfit.CLIPPED
    if (mains_uv or 0.0) > MAINS_UV:
        yield Unfit.MAINS
    if (rms_uv or 0.0) > NOISE_UV:
        yield Unfit.NOISE


def is_high(impedance_kohm: float) -> bool:
    """Return whether the stimulator's circuit has too high an impedance (``Unfit.IMPEDANCE``)."""
    return impedance_kohm > IMPEDANCE_KOHM


def stale_after_s(pulse_rate_hz: float) -> float:
    """Return how many seconds after the last fit response an estimate is stale, for pulses at ``pulse_rate_hz``."""
    return max(STALE_S, STALE_PULSES / pulse_rate_hz)
