"""The signal of the main channel with its pulses, gathered block by block, as the front end is judged by."""

from __future__ import annotations

import numpy as np

from drivers.base import Block, DeviceInfo, Outcome, Pulse, Samples
from guidance.device_check.front_end import LEAST_PULSES, FrontEndFinding, find_front_end
from guidance.signal.pipeline import LEAST_RATE_HZ, PulseFound, SignalPipeline

_MOST_S = 600.0
"""So many seconds of signal are kept: pulses enough for any front end."""

_WINDOW_MS = (2.0, 25.0)


class PulseCollector:
    """Collects blocks; ``finding`` then judges the front end by the pulses in them.

    The device's reports count, or a file's annotations; without either, pulses are found by their artefact, and their
    currents are not known.
    """

    def __init__(self, info: DeviceInfo) -> None:
        """Collect the first channel of the device ``info``."""
        self._info = info
        self._parts: list[tuple[int, Samples]] = []
        self._pulses: list[Pulse] = []
        self._samples = 0

    def take(self, block: Block) -> None:
        """Add ``block``; what is beyond ten minutes is left out."""
        if self._samples > _MOST_S * self._info.sample_rate_hz or not len(block.samples):
            return
        self._samples += len(block.samples)
        self._parts.append((block.first_sample, block.samples[:, 0]))
        self._pulses += [pulse for pulse in block.pulses if pulse.outcome is Outcome.DELIVERED or pulse.outcome is None]

    def finding(self) -> FrontEndFinding | None:
        """Return what the pulses show; None where there are too few, or the rate or scale is unfit for it."""
        info = self._info
        if not self._parts or info.sample_rate_hz < LEAST_RATE_HZ or not info.scale_known:
            return None
        pulses = self._pulses if len(self._pulses) >= LEAST_PULSES else self._by_artefact()
        first = self._parts[0][0]
        signal = np.zeros(self._parts[-1][0] + len(self._parts[-1][1]) - first)
        for at, samples in self._parts:
            signal[at - first : at - first + len(samples)] = samples
        moved = [_moved(pulse, -first) for pulse in pulses]
        return find_front_end(signal, moved, info.sample_rate_hz, info.channels[0].range_uv)

    def _by_artefact(self) -> list[Pulse]:
        pipeline = SignalPipeline(self._info, _WINDOW_MS, None, listen=True)
        found = []
        for at, samples in self._parts:
            wide = np.repeat(samples[:, None], len(self._info.channels), axis=1)
            found += [r.pulse for r in pipeline.feed(Block(at, wide)) if isinstance(r, PulseFound)]
        return found


def _moved(pulse: Pulse, samples: int) -> Pulse:
    return Pulse(pulse.sample + samples, current_ma=pulse.current_ma, width_ms=pulse.width_ms)
