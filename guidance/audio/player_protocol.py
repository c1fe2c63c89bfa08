"""What the engine says to the process that sounds, and what that answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.audio.filters import Sections
from guidance.cue import Tone


@dataclass(frozen=True, slots=True)
class PlayerOptions:
    """How to play: the device's name (None: the system's own), rate and band of the EMG, what of it is full scale, and
    what is buffered (None: as little as goes well).
    """

    device: str | None
    emg_rate_hz: float
    band: Sections
    full_scale_uv: float
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class Play:
    """Guidance sounds like ``tone`` at ``beep_rate_hz``; ``in_step`` keeps the beat of what sounded before."""

    tone: Tone
    beep_rate_hz: float | None
    in_step: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """A stimulus was given."""


@dataclass(frozen=True, slots=True)
class ResponseSound:
    """It was answered with ``amplitude_uv`` peak to peak; ``brief``: a potential of that size came by itself."""

    amplitude_uv: float
    brief: bool = False


@dataclass(frozen=True, slots=True)
class AudibleAlarm:
    """The gravest alarm that is to be heard, None for none; ``passed``: its condition holds no more."""

    priority: str | None
    passed: bool = False


@dataclass(frozen=True, slots=True)
class VolumeLevels:
    """Guidance and EMG monitor, 0 to 1."""

    cues: float
    monitor: float


@dataclass(frozen=True, slots=True, eq=False)
class Emg:
    """Samples in uV of the needle's channel from sample ``first``; ``awaiting``: a pulse is not reported yet."""

    first: int
    uv: NDArray[np.float32]
    awaiting: bool


@dataclass(frozen=True, slots=True)
class Artefact:
    """A pulse at ``sample`` is known; its artefact is not to be heard."""

    sample: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The engine is there."""


@dataclass(frozen=True, slots=True)
class Close:
    """The procedure is over: be silent."""


Order = Play | Tick | ResponseSound | AudibleAlarm | VolumeLevels | Emg | Artefact | Heartbeat | Close


@dataclass(frozen=True, slots=True)
class SoundReport:
    """How the sound is: ``lost`` says in words why there is none, ``underruns`` counts, ``orders`` orders so far.

    The device asked for a block of ``block_ns`` at ``called_ns`` that leaves at ``leaves_ns``, both of the host's
    monotonic clock; None before the first.
    """

    lost: str | None
    underruns: int
    orders: int
    latency_ms: float | None = None
    block_ns: int | None = None
    called_ns: int | None = None
    leaves_ns: int | None = None
