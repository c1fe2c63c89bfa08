"""How a user has the sound: ``sound.toml`` in the program's configuration folder, read strictly; all of it optional."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import Field

from guidance.cues import MAPPINGS, USUAL
from guidance.faults import ArgumentFault
from guidance.protocol.library import file_text
from guidance.sourced import Document, ProtocolError, Text, Within, read

LEAST_VOLUME = 0.1


@dataclass(frozen=True, slots=True)
class SoundSettings:
    """``mapping``: a name of guidance/cues.py; ``volume`` of guidance and ``monitor`` of the EMG, 0 to 1;
    ``full_scale_uv``: what of the EMG sounds as loud as it may; ``device``: the sound device's name, None the system's
    own; ``latency_s``: what is buffered, None for as little as goes well.
    """

    mapping: str = USUAL
    volume: float = 1.0
    monitor: float = 0.3
    full_scale_uv: float = 200.0
    device: str | None = None
    latency_s: float | None = None


class _Sheet(Document):
    """The file."""

    mapping: Literal["tempo", "pitch", "classic"] = "tempo"
    volume: Annotated[float, Within(LEAST_VOLUME, 1.0, "")] = 1.0
    monitor: Annotated[float, Within(0.0, 1.0, "")] = 0.3
    full_scale_uv: Annotated[float, Within(5.0, 50_000.0, "uV")] = Field(default=200.0)
    device: Text | None = None


def settings_file() -> Path:
    """Where the user's settings of the sound are kept."""
    return platformdirs.user_config_path("needle-guidance", appauthor=False) / "sound.toml"


def sound_settings(mapping: str | None = None) -> SoundSettings:
    """The user's settings, with ``mapping`` instead of theirs if given. Raises ArgumentFault naming file and key."""
    path = settings_file()
    try:
        sheet = read(_Sheet, file_text(path), str(path)) if path.exists() else _Sheet()
    except (ProtocolError, OSError) as fault:
        raise ArgumentFault(str(fault)) from None
    chosen = mapping or sheet.mapping
    if chosen not in MAPPINGS:
        raise ArgumentFault(f"There is no mapping {chosen!r} of sounds; there are: {', '.join(MAPPINGS)}.")
    return SoundSettings(chosen, sheet.volume, sheet.monitor, sheet.full_scale_uv, sheet.device)
