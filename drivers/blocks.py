"""Samples to Blocks: indices that go on, gaps shown where they were, events beside them. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from drivers.base import Block, Button, Pulse, Samples, Status


@dataclass(slots=True)
class _Segment:
    """A Block in the making: samples without a gap between them."""

    first_sample: int
    lost_before: int
    arrived_ns: int = 0
    parts: list[Samples] = field(default_factory=list)
    clipped: NDArray[np.bool_] | None = None
    pulses: list[Pulse] = field(default_factory=list)
    status: list[Status] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)


class BlockMaker:
    """Gathers what a device of ``channels`` signals says until ``take``. ``limits_uv``, of shape (channels,), is the
    input range beyond which a sample counts as clipped; NaN where it is not known.
    """

    def __init__(self, channels: int, limits_uv: Samples | None = None, first_sample: int = 0) -> None:
        self.next_sample = first_sample
        self._channels, self._limits_uv = channels, limits_uv
        self._segments: list[_Segment] = []
        self._lost = self._bad = 0

    def __bool__(self) -> bool:
        """Whether ``take`` has something to hand out."""
        return bool(self._segments)

    def lose(self, samples: int) -> None:
        """Note that ``samples`` are missing before what comes next."""
        self.next_sample += samples
        self._lost += samples

    def damaged(self, frames: int) -> None:
        """Note that ``frames`` came damaged."""
        self._bad += frames

    def add(self, samples_uv: Samples, arrived_ns: int) -> None:
        """Take float32 microvolts of shape (samples, channels), which are not changed afterwards."""
        if not len(samples_uv):
            return
        segment = self._segment(arrived_ns)
        segment.parts.append(samples_uv)
        if self._limits_uv is not None:
            reached = np.asarray((np.abs(samples_uv) >= self._limits_uv).any(axis=0))
            segment.clipped = reached if segment.clipped is None else np.logical_or(segment.clipped, reached)
        self.next_sample += len(samples_uv)

    def event(self, event: Pulse | Status | Button, arrived_ns: int) -> None:
        """Hand ``event`` out with the Block of this moment, wherever its sample lies."""
        segment = self._segment(arrived_ns)
        if isinstance(event, Pulse):
            segment.pulses.append(event)
        elif isinstance(event, Status):
            segment.status.append(event)
        else:
            segment.buttons.append(event)

    def take(self) -> list[Block]:
        """All since the last call; the last Block tells of the damaged frames since then."""
        segments, self._segments = self._segments, []
        bad = 0
        if segments:
            bad, self._bad = self._bad, 0
        last = len(segments) - 1
        return [self._block(segment, bad if i == last else 0) for i, segment in enumerate(segments)]

    def _segment(self, arrived_ns: int) -> _Segment:
        if self._lost or not self._segments:
            self._segments.append(_Segment(self.next_sample, self._lost))
            self._lost = 0
        self._segments[-1].arrived_ns = arrived_ns
        return self._segments[-1]

    def _block(self, segment: _Segment, bad_frames: int) -> Block:
        empty = np.zeros((0, self._channels), np.float32)
        return Block(
            first_sample=segment.first_sample,
            samples=np.concatenate(segment.parts) if segment.parts else empty,
            pulses=tuple(segment.pulses),
            clipped=(False,) * self._channels if segment.clipped is None else tuple(segment.clipped.tolist()),
            lost_before=segment.lost_before,
            bad_frames=bad_frames,
            arrived_ns=segment.arrived_ns,
            status=tuple(segment.status),
            buttons=tuple(segment.buttons),
        )
