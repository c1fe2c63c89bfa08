"""Intan .rhd and .rhs files: one file, one file a signal type, or one file a channel, beside ``info.rhd``.

An RHS file has the stimulation of each channel; its onset is a pulse, with the current that was set. Digital inputs are
trigger lines. A recording that was saved in a new file every few minutes is joined again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.base import ChannelKind, DeviceRefused
from drivers.formats.in_memory import DecodedChannel, contiguous_parts, load_decoded
from drivers.formats.intan_header import (
    ADC,
    AMPLIFIER,
    AUXILIARY,
    DIGITAL_IN,
    RHD_MAGIC,
    RHS_MAGIC,
    STIMULUS,
    IntanChannel,
    IntanHeader,
    read_header,
)
from drivers.formats.intan_parts import joined_parts, part_of
from drivers.formats.loaded import Annotation, FileOptions, LoadedFile, Segment, Values, check_sample_rate

__all__ = ["RHD_MAGIC", "RHS_MAGIC", "load"]

_UV_A_STEP, _ZERO = 0.195, 32768
_AUXILIARY_V = 37.4e-6
_MAGNITUDE, _NEGATIVE = 0x00FF, 0x0100
_TYPE_FILES = {
    AMPLIFIER: ("amplifier.dat", "<i2"), AUXILIARY: ("auxiliary.dat", "<u2"), ADC: ("analogin.dat", "<u2"),
    STIMULUS: ("stim.dat", "<u2"), DIGITAL_IN: ("digitalin.dat", "<u2"),
}  # fmt: skip
_CHANNEL_FILES = {
    AMPLIFIER: ("amp-{}.dat", "<i2"), AUXILIARY: ("aux-{}.dat", "<u2"), ADC: ("board-{}.dat", "<u2"),
    STIMULUS: ("stim-{}.dat", "<u2"), DIGITAL_IN: ("board-{}.dat", "<u2"),
}  # fmt: skip

Words = NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class _Data:
    """Samples as stored: ``time`` (samples,), and for each kind the words (channels, samples); digital words are bits.

    Amplifier words have their zero at 0.
    """

    time: Values
    words: dict[str, Words]
    warnings: tuple[str, ...]


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open an Intan recording. Raises OSError, and DeviceRefused where it is damaged or incomplete."""
    raw = path.read_bytes()
    header = read_header(path, raw)
    check_sample_rate(path, header.sample_rate_hz)
    data = _blocks(path, header, raw) if len(raw) > header.end else _files(path, header)
    segments = contiguous_parts(data.time)
    channels = [channel for kind in data.words for channel in _decoded(header, data, kind, segments)]
    model = f"Intan {'RHS' if header.is_rhs else 'RHD'} recording"
    return load_decoded(path, model, channels, options, list(_stimuli(header, data, segments)), data.warnings)


def _blocks(path: Path, header: IntanHeader, raw: bytes) -> _Data:
    """Return the data blocks after the header, and those of the files that go on where this one ends."""
    parts, warnings = joined_parts(part_of(path, header, raw))
    blocks = np.concatenate([part.blocks for part in parts])
    words = {
        kind: blocks[kind].reshape(-1)[np.newaxis]
        if blocks[kind].ndim == 2
        else blocks[kind].transpose(1, 0, 2).reshape(blocks[kind].shape[1], -1)
        for kind in (AMPLIFIER, AUXILIARY, ADC, STIMULUS, DIGITAL_IN)
        if kind in (blocks.dtype.names or ())
    }
    if AMPLIFIER in words:
        words[AMPLIFIER] = words[AMPLIFIER].astype(np.int32) - _ZERO
    return _Data(blocks["time"].reshape(-1).astype(np.float64), words, warnings)


def _files(path: Path, header: IntanHeader) -> _Data:
    """Return the samples of the files beside ``info.rhd`` or ``info.rhs``. Raises DeviceRefused."""
    time_file = path.parent / "time.dat"
    if not time_file.is_file():
        raise DeviceRefused(f"{path} has no samples, and no file time.dat beside it; copy the whole folder")
    time = np.fromfile(time_file, "<i4").astype(np.float64)
    words = {kind: found for kind in _TYPE_FILES if (found := _beside(path, header, kind)) is not None}
    shortest = min([len(time), *(found.shape[1] for kind, found in words.items() if kind != AUXILIARY)])
    longest = max([len(time), *(found.shape[1] for kind, found in words.items() if kind != AUXILIARY)])
    warnings = (
        () if shortest == longest else (f"the files beside {path} are of different length; the rest is left out",)
    )
    return _Data(time[:shortest], {kind: found[:, :shortest] for kind, found in words.items()}, warnings)


def _beside(path: Path, header: IntanHeader, kind: str) -> Words | None:
    """Return the words of one kind (channels, samples), or None where no file has them."""
    channels = header.of(AMPLIFIER if kind == STIMULUS else kind)
    name, dtype = _TYPE_FILES[kind]
    if not channels:
        return None
    if (path.parent / name).is_file():
        count = 1 if kind == DIGITAL_IN else len(channels)
        flat: Words = np.fromfile(path.parent / name, dtype)
        return flat[: len(flat) // count * count].reshape(-1, count).T
    name, dtype = _CHANNEL_FILES[kind]
    files = [path.parent / name.format(channel.native) for channel in channels]
    if not all(file.is_file() for file in files):
        return None
    columns: list[Words] = [np.fromfile(file, dtype) for file in files]
    if kind == DIGITAL_IN:
        columns = [_joined(columns, channels)]
    length = min(map(len, columns))
    return np.stack([column[:length] for column in columns])


def _joined(columns: list[Words], channels: Iterable[IntanChannel]) -> Words:
    """Return one word of bits a sample, from a file for each bit."""
    length = min(map(len, columns))
    bits = zip(columns, channels, strict=True)
    joined: Words = np.bitwise_or.reduce(
        [(column[:length] > 0).astype(np.int64) << channel.order for column, channel in bits]
    )
    return joined


def _decoded(header: IntanHeader, data: _Data, kind: str, segments: tuple[Segment, ...]) -> Iterator[DecodedChannel]:
    words, rate_hz = data.words[kind], header.sample_rate_hz
    for index, channel in enumerate(() if kind == STIMULUS else header.of(kind)):
        name = channel.custom or channel.native
        if kind == AMPLIFIER:
            ends = (-_ZERO * _UV_A_STEP, (_ZERO - 1) * _UV_A_STEP)
            values = words[index] * _UV_A_STEP
            yield DecodedChannel(name, "uV", rate_hz, values, segments=segments, ends=ends)
        elif kind == DIGITAL_IN:
            bit = (words[0].astype(np.int64) >> channel.order & 1).astype(np.float64)
            yield DecodedChannel(name, "", rate_hz, bit, ChannelKind.TRIGGER, segments)
        elif kind == AUXILIARY:
            yield DecodedChannel(name, "V", rate_hz / 4, words[index] * _AUXILIARY_V, ChannelKind.OTHER)
        else:
            step_v, zero = header.adc_v
            values = (words[index].astype(np.float64) - zero) * step_v
            yield DecodedChannel(name, "V", rate_hz, values, ChannelKind.OTHER, segments)


def _stimuli(header: IntanHeader, data: _Data, segments: tuple[Segment, ...]) -> Iterator[Annotation]:
    """Yield a pulse for each onset of stimulation; on several channels at once, that of the largest current."""
    if STIMULUS not in data.words:
        return
    words = data.words[STIMULUS]
    magnitudes = (words & _MAGNITUDE).astype(np.int64)
    on = magnitudes.any(axis=0)
    clock = DecodedChannel("", "", header.sample_rate_hz, data.time, segments=segments)
    for first in np.flatnonzero(np.diff(on.astype(np.int8), prepend=0) > 0).tolist():
        channel = int(magnitudes[:, first].argmax())
        rest = words[channel, first : first + int(header.sample_rate_hz)]
        changed = np.flatnonzero((rest & (_MAGNITUDE | _NEGATIVE)) != (rest[0] & (_MAGNITUDE | _NEGATIVE)))
        samples = int(changed[0]) if len(changed) else len(rest)
        current_ma = float(magnitudes[channel, first]) * header.stim_step_ma
        width_ms = samples / header.sample_rate_hz * 1e3
        yield Annotation(clock.position_s(first), f"stim current_ma={current_ma:.6g} width_ms={width_ms:.6g}")
