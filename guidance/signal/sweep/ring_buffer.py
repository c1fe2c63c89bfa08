"""The last seconds of the signal by absolute sample index, with gaps of NaN where samples were lost."""

from __future__ import annotations

import numpy as np

from drivers.base import Samples


class RingBuffer:
    """Ring of the newest samples of all channels; lost samples are NaN, so that no window hides a gap."""

    def __init__(self, channels: int, capacity: int) -> None:
        """Keep the newest ``capacity`` samples of ``channels`` channels."""
        self._ring = np.full((2 * capacity, channels), np.nan, np.float32)
        self._capacity = capacity
        self._filled = 0
        self.end = 0
        self.resumed_at = 0
        """First sample after the newest gap that is longer than the buffer; 0 without one."""

    def append(self, first_sample: int, samples: Samples) -> None:
        """Append ``samples`` (n, channels) at ``first_sample``; missing samples before them become a gap of NaN.

        Raises ValueError where ``first_sample`` lies before the end.
        """
        hole = first_sample - self.end
        if hole < 0:
            raise ValueError(f"samples from {first_sample} on, but the history ends at {self.end}")
        if hole >= self._capacity:
            self.resumed_at = first_sample
        if hole:
            self._push(np.full((min(hole, self._capacity), samples.shape[1]), np.nan, np.float32))
        self._push(samples[-self._capacity :])
        self.end = first_sample + len(samples)

    def _push(self, samples: Samples) -> None:
        n = len(samples)
        if self._filled + n > len(self._ring):
            keep = min(self._capacity - n, self._filled)
            self._ring[:keep] = self._ring[self._filled - keep : self._filled]
            self._filled = keep
        self._ring[self._filled : self._filled + n] = samples
        self._filled += n

    @property
    def start(self) -> int:
        """Index of the oldest sample in the buffer."""
        return self.end - min(self._filled, self._capacity)

    def window(self, first: int, stop: int) -> Samples:
        """Return samples ``first`` to ``stop`` (exclusive), shape (stop - first, channels); NaN where lost or too old.

        Do not write to the result or keep it: the next samples may overwrite it.
        """
        if self.start <= first <= stop <= self.end:
            return self._ring[first + self._filled - self.end : stop + self._filled - self.end]
        out = np.full((max(stop - first, 0), self._ring.shape[1]), np.nan, np.float32)
        low, high = max(first, self.start), min(stop, self.end)
        if low < high:
            shift = self._filled - self.end
            out[low - first : high - first] = self._ring[low + shift : high + shift]
        return out
