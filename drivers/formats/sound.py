"""WAV and FLAC files of a recorder at an amplifier's analogue output. They state no volts; the operator gives them.

SpikeRecorder of Backyard Brains writes its markers into a file of text beside the sound (``NAME-events.txt``).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from drivers.base import Channel, DeviceLost, DeviceRefused, OptionRefused
from drivers.formats.channels import ChannelCandidate, choose_channels
from drivers.formats.loaded import (
    HIGHEST_UV,
    PAGE_VALUES,
    Annotation,
    FileOptions,
    LoadedFile,
    SamplePage,
    Segment,
    check_sample_rate,
    number,
    printable,
)

_HEAD_BYTES = 1 << 16
_NO_LENGTH = (0, 0xFFFFFFFF)
"""Lengths of the samples that a recorder writes before it knows the length."""
_MOST_BYTES = (1 << 32) - 9
"""What the header can state."""
_CONVERTER_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


@dataclass(frozen=True, slots=True)
class _Sound:
    path: Path
    format: str
    sample_rate_hz: float
    channels: int
    frames: int
    highest: float
    mended: bytes | None = None

    def opened(self) -> soundfile.SoundFile:
        """Open the file, with its ``mended`` bytes in place of those on the disk. Raises LibsndfileError."""
        return soundfile.SoundFile(self.path if self.mended is None else io.BytesIO(self.mended))

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
            with self.sound.opened() as file:
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
        annotations=tuple(sorted(_events(path), key=lambda each: each.onset_s)),
        warnings=_length_warnings(path, sound),
    )


def _events(path: Path) -> Iterator[Annotation]:
    """Yield the markers of SpikeRecorder's file beside the sound: lines of a name, a comma and seconds.

    A number or a letter alone is the key that was pressed: ``event 1``. Lines that begin with ``_`` are spikes. Raises
    DeviceRefused for a line of another form.
    """
    beside = path.with_name(f"{path.stem}-events.txt")
    if not beside.is_file():
        return
    for row, line in enumerate(beside.read_text(encoding="utf-8-sig", errors="replace").splitlines(), 1):
        if not line.strip() or line.startswith(("#", "_")):
            continue
        name, _, at = line.rpartition(",")
        onset_s = number(at.strip())
        if onset_s is None or not name.strip():
            raise DeviceRefused(f"row {row} of {beside} is no marker with its time in seconds; correct or remove it")
        text = printable(name)
        yield Annotation(onset_s, f"event {text}" if len(text) == 1 else text)


def _full_scale(path: Path, options: FileOptions) -> float:
    if options.full_scale_uv is None:
        raise OptionRefused(f"{path} does not state how many microvolts its full scale is; give --full-scale-uv UV")
    if not 0 < options.full_scale_uv <= HIGHEST_UV:
        raise OptionRefused(f"a full scale of {options.full_scale_uv:g} uV for {path} cannot be true; give one above 0")
    return options.full_scale_uv


def _examine(path: Path) -> _Sound:
    mended = _with_length(path)
    try:
        with soundfile.SoundFile(path if mended is None else io.BytesIO(mended)) as file:
            bits = _CONVERTER_BITS.get(file.subtype)
            highest = 1.0 if bits is None else 1.0 - 2.0 ** (1 - bits)
            kind = "FLAC" if file.format == "FLAC" else "WAV"
            rate_hz = check_sample_rate(path, file.samplerate)
            sound = _Sound(path, kind, rate_hz, file.channels, file.frames, highest, mended)
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


def _with_length(path: Path) -> bytes | None:
    """Return a WAV file whose header states no length (its recorder was killed) with its true one; None for others."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    at = _data_chunk(head)
    if at is None or struct.unpack_from("<I", head, at + 4)[0] not in _NO_LENGTH:
        return None
    raw = path.read_bytes()
    length = len(raw) - at - 8
    if not 0 < length <= _MOST_BYTES:
        return None
    sizes = struct.pack("<I", len(raw) - 8), struct.pack("<I", length)
    return raw[:4] + sizes[0] + raw[8 : at + 4] + sizes[1] + raw[at + 8 :]


def _data_chunk(head: bytes) -> int | None:
    """Return where the chunk ``data`` of a WAV file begins; None where it is not in ``head``."""
    at = 12
    while head.startswith(b"RIFF") and at + 8 <= len(head):
        if head[at : at + 4] == b"data":
            return at
        size = struct.unpack_from("<I", head, at + 4)[0]
        at += 8 + size + size % 2
    return None


def _length_warnings(path: Path, sound: _Sound) -> tuple[str, ...]:
    if sound.mended is not None:
        return (f"{path} was not finished by its recorder: its header states no length; all samples are played",)
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"RIFF") and struct.unpack("<I", head[4:8])[0] + 8 > size:
        return (f"{path} ends early: its header states more samples than there are; these are played",)
    return ()
