"""WAV and FLAC files of a recorder at an amplifier's analogue output. They state no volts; the operator gives them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from drivers.base import Channel, DeviceLost, DeviceRefused, OptionRefused
from drivers.formats.channels import ChannelCandidate, choose_channels
from drivers.formats.loaded import (
    HIGHEST_UV,
    PAGE_VALUES,
    FileOptions,
    LoadedFile,
    SamplePage,
    Segment,
    check_sample_rate,
)

_CONVERTER_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


@dataclass(frozen=True, slots=True)
class _Sound:
    path: Path
    format: str
    sample_rate_hz: float
    channels: int
    frames: int
    highest: float

    @property
    def frames_a_page(self) -> int:
        return max(1, PAGE_VALUES // self.channels)


@dataclass(frozen=True, slots=True)
class _SoundPages:
    sound: _Sound
    chosen: tuple[int, ...]
    full_scale_uv: float

    def page(self, index: int) -> SamplePage:
        first = index * self.sound.frames_a_page
        count = min(self.sound.frames_a_page, self.sound.frames - first)
        try:
            with soundfile.SoundFile(self.sound.path) as file:
                file.seek(first)
                values = file.read(count, dtype="float64", always_2d=True)[:, list(self.chosen)]
        except soundfile.LibsndfileError as error:
            why = error.error_string.rstrip(".")
            raise DeviceLost(f"{self.sound.path} cannot be decoded from sample {first} on ({why})") from error
        if len(values) < count:
            raise DeviceLost(f"{self.sound.path} has become shorter while it was played; close it and start again")
        uv = values * self.full_scale_uv
        if not (np.abs(uv) <= HIGHEST_UV).all():
            raise DeviceLost(f"{self.sound.path} has something other than samples after sample {first}")
        return uv.astype(np.float32), (values <= -1.0) | (values >= self.sound.highest)


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open a WAV or FLAC file. Raises OSError, and DeviceRefused where it is damaged, or its scale is not given."""
    sound = _examine(path)
    full_scale_uv = _full_scale(path, options)
    names = [f"channel {i}" for i in range(1, sound.channels + 1)]
    candidates = [ChannelCandidate(name, "uV", sound.sample_rate_hz) for name in names]
    chosen = choose_channels(path, candidates, options).indices
    return LoadedFile(
        model=f"{sound.format} recording",
        sample_rate_hz=sound.sample_rate_hz,
        channels=tuple(Channel(names[i], full_scale_uv) for i in chosen),
        segments=(Segment(0, 0, sound.frames),),
        page_samples=sound.frames_a_page,
        page=_SoundPages(sound, chosen, full_scale_uv).page,
        warnings=_length_warnings(path),
    )


def _full_scale(path: Path, options: FileOptions) -> float:
    if options.full_scale_uv is None:
        raise OptionRefused(f"{path} does not state how many microvolts its full scale is; give --full-scale-uv UV")
    if not 0 < options.full_scale_uv <= HIGHEST_UV:
        raise OptionRefused(f"a full scale of {options.full_scale_uv:g} uV for {path} cannot be true; give one above 0")
    return options.full_scale_uv


def _examine(path: Path) -> _Sound:
    try:
        with soundfile.SoundFile(path) as file:
            bits = _CONVERTER_BITS.get(file.subtype)
            highest = 1.0 if bits is None else 1.0 - 2.0 ** (1 - bits)
            kind = "FLAC" if file.format == "FLAC" else "WAV"
            sound = _Sound(path, kind, check_sample_rate(path, file.samplerate), file.channels, file.frames, highest)
            _reach_the_end(file)
    except soundfile.LibsndfileError as error:
        why = error.error_string.rstrip(".")
        raise DeviceRefused(f"{path} cannot be decoded to its end ({why}); copy it again or save it as PCM") from error
    if sound.frames == 0:
        raise DeviceRefused(f"{path} has no samples, so there is nothing to play")
    return sound


def _reach_the_end(file: soundfile.SoundFile) -> None:
    file.seek(max(0, file.frames - 1))
    file.read(1)


def _length_warnings(path: Path) -> tuple[str, ...]:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"RIFF") and struct.unpack("<I", head[4:8])[0] + 8 > size:
        return (f"{path} ends early: its header states more samples than there are; these are played",)
    return ()
