"""Orders of the engine to the player process, and the player's report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.audio.filters import Sections
from guidance.cue import Tone


@dataclass(frozen=True, slots=True)
class PlayerOptions:
    """The options of the player.

    ``device`` is a name (None: the system's default); ``full_scale_uv`` is the EMG amplitude of full scale;
    ``latency_s`` is the buffer (None: as small as works).
    """

    device: str | None
    emg_sample_rate_hz: float
    band: Sections
    full_scale_uv: float
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class Play:
    """Guidance sounds like ``tone`` at ``beep_rate_hz``; ``in_step`` keeps the beat of the last cue."""

    tone: Tone
    beep_rate_hz: float | None
    in_step: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """The tick of a stimulus."""


@dataclass(frozen=True, slots=True)
class ResponseSound:
    """The tone of a response of ``amplitude_uv`` peak to peak; ``brief``: of a motor unit potential of that size."""

    amplitude_uv: float
    brief: bool = False


@dataclass(frozen=True, slots=True)
class AudibleAlarm:
    """The gravest audible alarm, None for none; ``passed``: its condition no longer holds."""

    priority: str | None
    passed: bool = False


@dataclass(frozen=True, slots=True)
class VolumeLevels:
    """The volumes of guidance and EMG monitor, 0 to 1."""

    cues: float
    monitor: float


@dataclass(frozen=True, slots=True, eq=False)
class Emg:
    """Samples of the needle's channel in uV from sample ``first``; ``awaiting``: a pulse is not reported yet."""

    first: int
    uv: NDArray[np.float32]
    awaiting: bool


@dataclass(frozen=True, slots=True)
class Artefact:
    """A known pulse at ``sample``; the player blanks its artefact."""

    sample: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life of the engine."""


@dataclass(frozen=True, slots=True)
class Close:
    """The end of the procedure: the player closes."""


Order = Play | Tick | ResponseSound | AudibleAlarm | VolumeLevels | Emg | Artefact | Heartbeat | Close


@dataclass(frozen=True, slots=True)
class SoundReport:
    """The state of the sound: ``lost`` is the reason if there is none; ``underruns`` and ``orders`` count so far.

    The device requested a block of ``block_ns`` at ``called_ns`` that leaves at ``leaves_ns``, both of the host's
    monotonic clock; None before the first.
    """

    lost: str | None
    underruns: int
    orders: int
    latency_ms: float | None = None
    block_ns: int | None = None
    called_ns: int | None = None
    leaves_ns: int | None = None
