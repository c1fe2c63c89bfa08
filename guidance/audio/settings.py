"""The user's sound settings: the optional table ``[sounds]`` of the configuration, read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from guidance.citations import Document, ProtocolError, Text, Within, build
from guidance.common.config import load_config
from guidance.common.errors import UsageError
from guidance.cue import MAPPINGS, USUAL

LEAST_VOLUME = 0.1


@dataclass(frozen=True, slots=True)
class SoundSettings:
    """The sound settings. ``mapping`` is a name of guidance/cue.py; ``volume`` is of guidance, ``monitor`` of the EMG.

    Both are 0 to 1. ``full_scale_uv`` is the EMG amplitude of full loudness; ``device`` is the name of the sound device
    (None: the system's default); ``latency_s`` is the buffer (None: as small as works).
    """

    mapping: str = USUAL
    volume: float = 1.0
    monitor: float = 0.3
    full_scale_uv: float = 200.0
    device: str | None = None
    latency_s: float | None = None


class _AudioTable(Document):
    """The table ``[sounds]``."""

    mapping: Literal["tempo", "pitch", "classic"] = "tempo"
    volume: Annotated[float, Within(LEAST_VOLUME, 1.0, "")] = 1.0
    monitor: Annotated[float, Within(0.0, 1.0, "")] = 0.3
    full_scale_uv: Annotated[float, Within(5.0, 50_000.0, "uV")] = Field(default=200.0)
    device: Text | None = None


def sound_settings(mapping: str | None = None) -> SoundSettings:
    """Return the user's settings, with ``mapping`` instead of theirs if given. Raises UsageError with file and key."""
    config = load_config()
    try:
        sheet = build(_AudioTable, config.sounds, f"{config.path}, [sounds]")
    except ProtocolError as fault:
        raise UsageError(str(fault)) from None
    chosen = mapping or sheet.mapping
    if chosen not in MAPPINGS:
        raise UsageError(f"There is no mapping {chosen!r} of sounds; there are: {', '.join(MAPPINGS)}.")
    return SoundSettings(chosen, sheet.volume, sheet.monitor, sheet.full_scale_uv, sheet.device)
