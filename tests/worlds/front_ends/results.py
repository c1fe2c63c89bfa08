"""What the signal pipeline makes of the worlds of front ends, pulse by pulse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.base import Block, Channel, DeviceInfo
from guidance.signal.pipeline import ChannelResponse, SignalPipeline
from guidance.signal.response.sweep_result import SweepResult
from tests.worlds.front_ends import FrontEndStream, Truth
from tests.worlds.front_ends.streams import WINDOW_MS

_BLOCK_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class PulseResult:
    """A pulse's truth, what the signal pipeline found, and how long after the window's end."""

    truth: Truth
    result: SweepResult
    later_ms: float


def results_of(world: FrontEndStream) -> Iterator[PulseResult]:
    """Yield the result of every pulse of ``world``, fed as a procedure feeds it, in blocks of 0.1 s."""
    info = DeviceInfo("bench", "", "", world.sample_rate_hz, (Channel("EMG", world.declared_uv),))
    pipeline = SignalPipeline(info, WINDOW_MS, None, listen=False)
    truths = {truth.sample: truth for truth in world.truths}
    step = round(_BLOCK_S * world.sample_rate_hz)
    for first in range(0, len(world.signal), step):
        pulses = tuple(pulse for pulse in world.pulses if first <= pulse.sample < first + step)
        for found in pipeline.feed(Block(first, world.signal[first : first + step, None], pulses)):
            if isinstance(found, ChannelResponse):
                after_ms = (found.due - found.pulse.sample) * 1e3 / world.sample_rate_hz
                yield PulseResult(truths[found.pulse.sample], found.evoked, after_ms - WINDOW_MS[1])
