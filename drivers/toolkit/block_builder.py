"""Collection of samples into Blocks: continuous indices, gaps where they occurred, events beside them. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from drivers.base import Block, Button, Pulse, Samples, Status

Part = TypeVar("Part")
Clipped = NDArray[np.bool_] | None


@dataclass(slots=True)
class _Segment(Generic[Part]):
    """Unfinished Block: samples without a gap between them."""

    first_sample: int
    lost_before: int
    arrived_ns: int = 0
    parts: list[Part] = field(default_factory=list)
    clipped: Clipped = None
    pulses: list[Pulse] = field(default_factory=list)
    status: list[Status] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)


class BlockBuilder(Generic[Part]):
    """Collector of a device's data, of ``channels`` signals, until ``take`` returns them as Blocks.

    ``join`` then converts the parts of a Block to float32 microvolts of shape (samples, channels). Parts must not
    change after ``add_samples``.
    """

    def __init__(self, channels: int, join: Callable[[list[Part]], Samples], first_sample: int = 0) -> None:
        self.next_sample = first_sample
        self._channels, self._join = channels, join
        self._segments: list[_Segment[Part]] = []
        self._lost = self._bad = 0

    def __bool__(self) -> bool:
        """Return whether ``take`` would return a Block."""
        return bool(self._segments)

    def add_gap(self, samples: int, at_least: int = 0) -> None:
        """Record that ``samples`` are missing before the next part; ``lost_before`` is ``at_least`` that many."""
        self.next_sample += samples
        self._lost += max(samples, at_least)

    def add_damage(self, frames: int) -> None:
        """Record that ``frames`` arrived damaged."""
        self._bad += frames

    def add_samples(self, part: Part, samples: int, arrived_ns: int, clipped: Clipped = None) -> None:
        """Add a ``part`` of so many ``samples``; ``clipped`` (channels,) flags channels that reached their limit."""
        segment = self._segment(arrived_ns)
        segment.parts.append(part)
        if clipped is not None:
            segment.clipped = clipped if segment.clipped is None else segment.clipped | clipped
        self.next_sample += samples

    def add_event(self, event: Pulse | Status | Button, arrived_ns: int) -> None:
        """Add ``event`` to the current Block, whatever sample it belongs to."""
        segment = self._segment(arrived_ns)
        if isinstance(event, Pulse):
            segment.pulses.append(event)
        elif isinstance(event, Status):
            segment.status.append(event)
        else:
            segment.buttons.append(event)

    def take(self) -> list[Block]:
        """Return the Blocks since the last call; the last one counts the damaged frames since then."""
        segments, self._segments = self._segments, []
        bad = 0
        if segments:
            bad, self._bad = self._bad, 0
        last = len(segments) - 1
        return [self._block(segment, bad if i == last else 0) for i, segment in enumerate(segments)]

    def _segment(self, arrived_ns: int) -> _Segment[Part]:
        if self._lost or not self._segments:
            self._segments.append(_Segment[Part](self.next_sample, self._lost))
            self._lost = 0
        self._segments[-1].arrived_ns = arrived_ns
        return self._segments[-1]

    def _block(self, segment: _Segment[Part], bad_frames: int) -> Block:
        empty = np.zeros((0, self._channels), np.float32)
        return Block(
            first_sample=segment.first_sample,
            samples=self._join(segment.parts) if segment.parts else empty,
            pulses=tuple(segment.pulses),
            clipped=(False,) * self._channels if segment.clipped is None else tuple(segment.clipped.tolist()),
            lost_before=segment.lost_before,
            bad_frames=bad_frames,
            arrived_ns=segment.arrived_ns,
            status=tuple(segment.status),
            buttons=tuple(segment.buttons),
        )
