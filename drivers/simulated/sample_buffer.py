"""Buffer of samples still to come: waves are added at any sample, and samples are removed in order."""

from __future__ import annotations

import numpy as np

from drivers.base import Samples


class SampleBuffer:
    """Sum of waves over absolute sample indices, 0 where no wave was added. ``head`` is the next sample to remove."""

    def __init__(self, channels: int, length: int) -> None:
        """Start with room for ``length`` samples; the buffer grows as waves need it."""
        self._data = np.zeros((length, channels), np.float32)
        self._base = 0
        self.head = 0

    def add(self, at_sample: int, wave: Samples) -> None:
        """Add ``wave`` (samples, channels) from ``at_sample`` on. Raises ValueError before the head."""
        if at_sample < self.head:
            raise ValueError(f"sample {at_sample} was already removed; the head is at {self.head}")
        if at_sample - self._base + len(wave) > len(self._data):
            self._make_room(at_sample - self.head + len(wave))
        row = at_sample - self._base
        self._data[row : row + len(wave)] += wave

    def take(self, count: int) -> Samples:
        """Remove and return the next ``count`` samples, (count, channels)."""
        if self.head - self._base + count > len(self._data):
            self._make_room(count)
        row = self.head - self._base
        self.head += count
        return self._data[row : row + count].copy()

    def peek(self, count: int) -> Samples:
        """Return the next ``count`` samples without removing them."""
        taken = self.take(count)
        self.head -= count
        return taken

    def skip(self, count: int) -> None:
        """Drop the next ``count`` samples."""
        self.head += count

    def _make_room(self, needed: int) -> None:
        live = self._data[self.head - self._base :]
        length = len(self._data) if 2 * max(needed, len(live)) <= len(self._data) else 4 * max(needed, len(live))
        data = np.zeros((length, self._data.shape[1]), np.float32)
        data[: len(live)] = live
        self._data, self._base = data, self.head
