"""SAMPLES frames and events of an Open Needle Amplifier to Blocks: counters unwrapped, gaps shown. No I/O."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

from drivers.base import Block, Button, DeviceLost, Pulse, Samples, Status
from drivers.framing import int24
from drivers.ona_messages import MalformedError, fields

_SAMPLES = struct.Struct("<IBBB")
_WRAP = 1 << 32
_HALF = 1 << 31
_CLIP_BITS = 7
_DEVICE_DROPPED = 0x80


@dataclass(slots=True)
class _Segment:
    """A Block in the making: samples without a gap between them, and what the device said meanwhile."""

    first_sample: int
    lost_before: int
    arrived_ns: int = 0
    raw: list[bytes] = field(default_factory=list)
    flags: int = 0
    pulses: list[Pulse] = field(default_factory=list)
    status: list[Status] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)


class SampleStream:
    """One run of a device from START on. ``first_index`` is the index of its sample 0, ``hole`` what is missing before.

    Until ``confirm`` a count that goes back begins the run anew (START was sent twice). After it, one frame that goes
    back is dropped and counted in ``duplicates``; a second in a row raises DeviceLost: the device has restarted.
    """

    def __init__(self, scale_uv: Samples, first_index: int = 0, hole: int = 0) -> None:
        self._scale_uv = scale_uv
        self._first_index, self._hole = first_index, hole
        self._confirmed = self._went_back = False
        self.duplicates = 0
        self.sampled_ns: int | None = None
        self._begin()

    def _begin(self) -> None:
        self.next_sample = self._first_index
        self._segments: list[_Segment] = []
        self._lost_before = self._hole

    def __bool__(self) -> bool:
        """Whether ``take`` has something to hand out."""
        return bool(self._segments)

    def confirm(self, sent: int) -> None:
        """START has been answered: from here on the count only goes forward.

        Where it was ``sent`` more than once, what came until now may be of the first and is forgotten.
        """
        if sent > 1:
            self._begin()
        self._confirmed = True

    def unwrap(self, sample: int) -> int:
        """Return the index of the device's 32-bit ``sample`` nearest to the samples at hand. Raises MalformedError."""
        index = self.next_sample + self._jump(sample)
        if index < self._first_index:
            raise MalformedError(f"sample {sample} lies before the start")
        return index

    def samples(self, body: bytes, arrived_ns: int) -> None:
        """Take the body of SAMPLES. Raises MalformedError, DeviceLost."""
        first, count, channels, flags = fields(_SAMPLES, body)
        if channels != len(self._scale_uv) or len(body) != _SAMPLES.size + 3 * count * channels:
            raise MalformedError(f"{count} samples of {channels} channels in {len(body)} bytes")
        if self._jump(first) < 0:
            if self._confirmed:
                self._go_back()
                return
            self._begin()
        self._went_back = False
        self._skip(self._jump(first), flags)
        self._append(body, count, flags, arrived_ns)

    def add(self, event: Pulse | Status | Button, arrived_ns: int) -> None:
        """Hand ``event`` out with the Block of this moment, wherever its sample lies."""
        segment = self._segment(arrived_ns)
        if isinstance(event, Pulse):
            segment.pulses.append(event)
        elif isinstance(event, Status):
            segment.status.append(event)
        else:
            segment.buttons.append(event)

    def take(self, bad_frames: int) -> list[Block]:
        """All since the last call, as Blocks; the last tells of the ``bad_frames`` since then."""
        segments, self._segments = self._segments, []
        last = len(segments) - 1
        return [self._block(segment, bad_frames if i == last else 0) for i, segment in enumerate(segments)]

    def _jump(self, sample: int) -> int:
        """Distance of the device's 32-bit ``sample`` from the next one due, -2^31 to 2^31 - 1."""
        return (sample - (self.next_sample - self._first_index) + _HALF) % _WRAP - _HALF

    def _go_back(self) -> None:
        self.duplicates += 1
        if self._went_back:
            raise DeviceLost("The amplifier has restarted its sample count, its stimulator is off; start it again.")
        self._went_back = True

    def _skip(self, jump: int, flags: int) -> None:
        """Show a gap; one the device only flags is of unknown length, and is shown as one sample."""
        self.next_sample += jump
        self._lost_before += jump or int(bool(flags & _DEVICE_DROPPED))

    def _append(self, body: bytes, count: int, flags: int, arrived_ns: int) -> None:
        segment = self._segment(arrived_ns)
        segment.raw.append(body[_SAMPLES.size :])
        segment.flags |= flags
        self.next_sample += count
        self.sampled_ns = arrived_ns

    def _segment(self, arrived_ns: int) -> _Segment:
        """Return the segment under way, or a new one after a gap."""
        if self._lost_before or not self._segments:
            self._segments.append(_Segment(self.next_sample, self._lost_before))
            self._lost_before = 0
        self._segments[-1].arrived_ns = arrived_ns
        return self._segments[-1]

    def _block(self, segment: _Segment, bad_frames: int) -> Block:
        channels = len(self._scale_uv)
        counts = int24(segment.raw).reshape(-1, channels)
        return Block(
            first_sample=segment.first_sample,
            samples=np.multiply(counts, self._scale_uv, dtype=np.float32),
            pulses=tuple(segment.pulses),
            clipped=tuple(i < _CLIP_BITS and bool(segment.flags >> i & 1) for i in range(channels)),
            lost_before=segment.lost_before,
            bad_frames=bad_frames,
            arrived_ns=segment.arrived_ns,
            status=tuple(segment.status),
            buttons=tuple(segment.buttons),
        )
