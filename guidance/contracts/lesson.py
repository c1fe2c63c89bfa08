"""A page of the course on EMG: words, simulated traces, and what its sound plays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Uv = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A simulated signal in uV at ``sample_rate_hz``: its ``name``, and the height in uV at which it is drawn."""

    name: str
    uv: Uv
    sample_rate_hz: float
    half_uv: float

    @property
    def milliseconds(self) -> float:
        """Length in ms."""
        return 1e3 * len(self.uv) / self.sample_rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One page: its title, its sentences, its traces from top to bottom, what the sound plays, and that signal."""

    title: str
    sentences: tuple[str, ...]
    traces: tuple[Trace, ...]
    sound_words: str
    sound: Trace
