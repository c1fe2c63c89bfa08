"""A recording whose samples, pulses and gap are known, to be written in any format."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ, SAMPLES, GAP = 2000, 4000, 1000
MARKS = (500, 1500, 3000)


@dataclass(frozen=True, slots=True, eq=False)
class Specimen:
    """A recording: two channels in microvolts (samples, 2), pulses, and a gap before sample ``gap_at``."""

    uv: NDArray[np.float64]
    marks: tuple[int, ...] = MARKS
    gap_at: int | None = None
    rate_hz: int = RATE_HZ

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The number of each stored sample in the time of the recording."""
        stored = np.arange(len(self.uv))
        return stored if self.gap_at is None else stored + GAP * (stored >= self.gap_at)

    @property
    def pulse_samples(self) -> list[int]:
        """The pulses in the time of the recording."""
        return [int(self.numbers[mark]) for mark in self.marks]


def specimen(gap_at: int | None = None) -> Specimen:
    """Return a sawtooth that is neither symmetric nor the same in both channels."""
    wave = np.arange(SAMPLES) % 200 - 50.0
    return Specimen(np.stack([wave, -2 * wave], axis=1), gap_at=gap_at)
