"""The contract of an input stage, and what it is built for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from drivers.simulated.draws import FloatArray


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an input stage stands: its ``rng``, sample rate, number of channels, size of the artefact's peak in uV at 1
    mA, and the range in uV that the amplifier declares.
    """

    rng: np.random.Generator
    sample_rate_hz: float
    channels: int
    artefact_uv: float
    range_uv: float

    def samples(self, ms: float) -> int:
        """Return the number of samples in ``ms``."""
        return round(ms * self.sample_rate_hz / 1e3)


class InputStage(Protocol):
    """What an amplifier makes of the voltage at its input, sample by sample."""

    def process(self, uv: FloatArray, pulses: Sequence[int]) -> FloatArray:
        """Return the output (samples, channels) in uV for the next samples ``uv`` of the input.

        ``pulses`` are the places in ``uv`` at which pulses begin, in order.
        """


class Open:
    """An input that nothing overloads: a converter of 24 bits at a low gain."""

    def process(self, uv: FloatArray, pulses: Sequence[int]) -> FloatArray:
        """Return ``uv``."""
        del pulses
        return uv


class Chain:
    """Input stages one after another."""

    def __init__(self, *stages: InputStage) -> None:
        self._stages = stages

    def process(self, uv: FloatArray, pulses: Sequence[int]) -> FloatArray:
        """Return the output of the last stage."""
        for stage in self._stages:
            uv = stage.process(uv, pulses)
        return uv
