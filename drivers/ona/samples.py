"""Conversion of SAMPLES frames and events of an Open Needle Amplifier to Blocks, with counters unwrapped. No I/O."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from drivers.base import Block, Button, DeviceFaulty, Pulse, Samples, Status
from drivers.ona.frames import int24
from drivers.ona.messages import MalformedError, fields
from drivers.toolkit.block_builder import BlockBuilder, Clipped

_SAMPLES = struct.Struct("<IBBB")
_WRAP = 1 << 32
_HALF = 1 << 31
_CLIPPED = 0x7F
_DEVICE_DROPPED = 0x80


class SampleStream:
    """One run of a device from START on. ``first_index`` is the index of its sample 0, after ``gap`` missing samples.

    Before ``confirm``, a count that goes back starts the run anew (START was sent twice). After it, one frame that goes
    back is dropped and counted in ``duplicates``; a second in a row raises DeviceFaulty: the device has restarted.
    ``check_gap`` receives the samples missing before each frame, and raises where they cannot be true.
    """

    def __init__(
        self, scale_uv: Samples, first_index: int = 0, gap: int = 0, check_gap: Callable[[int], None] | None = None
    ) -> None:
        self._scale_uv = scale_uv
        self._first_index, self._gap = first_index, gap
        self._check_gap = check_gap
        self._confirmed = self._went_back = False
        self.duplicates = 0
        self.sampled_ns: int | None = None
        self._begin()

    def _begin(self) -> None:
        first = self._first_index - self._gap
        self._blocks: BlockBuilder[bytes] = BlockBuilder(len(self._scale_uv), self._microvolts, first)
        self._blocks.add_gap(self._gap)

    def __bool__(self) -> bool:
        """Return whether ``take`` would return a Block."""
        return bool(self._blocks)

    @property
    def next_sample(self) -> int:
        """Index of the sample that is due next."""
        return self._blocks.next_sample

    def confirm(self, sent: int) -> None:
        """Record the ACK of START: from now on the count only goes forward.

        Where START was ``sent`` more than once, the samples so far may belong to the first and are dropped.
        """
        if sent > 1:
            self._begin()
        self._confirmed = True

    def unwrap(self, sample: int) -> int:
        """Return the index of the device's 32-bit ``sample``, nearest to the next one due. Raises MalformedError."""
        index = self.next_sample + self._jump(sample)
        if index < self._first_index:
            raise MalformedError(f"sample {sample} lies before the start")
        return index

    def add_samples(self, body: bytes, arrived_ns: int) -> None:
        """Add the body of SAMPLES. Raises MalformedError, DeviceFaulty."""
        first, count, channels, flags = fields(_SAMPLES, body)
        if channels != len(self._scale_uv) or len(body) != _SAMPLES.size + 3 * count * channels:
            raise MalformedError(f"{count} samples of {channels} channels in {len(body)} bytes")
        if self._jump(first) < 0:
            if self._confirmed:
                self._go_back()
                return
            self._begin()
        self._went_back = False
        if self._check_gap:
            self._check_gap(self._jump(first))
        # A gap that the device only flags has an unknown length and is shown as one sample.
        self._blocks.add_gap(self._jump(first), at_least=int(bool(flags & _DEVICE_DROPPED)))
        self._blocks.add_samples(body[_SAMPLES.size :], count, arrived_ns, self._clipped(flags))
        self.sampled_ns = arrived_ns

    def add_event(self, event: Pulse | Status | Button, arrived_ns: int) -> None:
        """Add ``event`` to the current Block, whatever sample it belongs to."""
        self._blocks.add_event(event, arrived_ns)

    def take(self, bad_frames: int) -> list[Block]:
        """Return the Blocks since the last call; the last one carries the ``bad_frames`` since then."""
        self._blocks.add_damage(bad_frames)
        return self._blocks.take()

    def _jump(self, sample: int) -> int:
        """Return the distance of the device's 32-bit ``sample`` from the next one due, -2^31 to 2^31 - 1."""
        return (sample - (self.next_sample - self._first_index) + _HALF) % _WRAP - _HALF

    def _go_back(self) -> None:
        self.duplicates += 1
        if self._went_back:
            raise DeviceFaulty("The amplifier has restarted its sample count, its stimulator is off; start it again.")
        self._went_back = True

    def _clipped(self, flags: int) -> Clipped:
        if not flags & _CLIPPED:
            return None
        return np.array([bool(flags & _CLIPPED & 1 << channel) for channel in range(len(self._scale_uv))])

    def _microvolts(self, raw: list[bytes]) -> Samples:
        counts = int24(raw).reshape(-1, len(self._scale_uv))
        return np.multiply(counts, self._scale_uv, dtype=np.float32)
