"""OTB4 files of OT BioLab: tracks (``Tracks_000.xml``), each a run of channels in a file of samples (.sig).

Layout and scale are the maker's: "OpenOTB4_v2" of https://github.com/OTBioelettronica/OTB-Matlab. A sample has 16, 24
or 32 bits, or is a float of 64 bits in the track's unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from drivers.base import ChannelKind, DeviceRefused
from drivers.formats.in_memory import DecodedChannel, load_decoded
from drivers.formats.loaded import FileOptions, LoadedFile, microvolts_per, number, printable
from drivers.formats.otb_archive import markers_in, parsed_xml

TRACKS = re.compile(r"Tracks_\d+\.xml")

_INTEGERS = {2: "<i2", 4: "<i4"}
_FLOAT_BYTES, _PACKED_BYTES = 8, 3
_MOST_CHANNELS, _MOST_BITS = 4096, 64
"""More than any of the maker's devices has: a damaged number must not fill the memory."""
_SAME_SCALE = 0.01
"""A unit and its factor contradict each other beyond this share: both are powers of ten (a judgement)."""
_INPUT = re.compile(r"(IN|MULTIPLE IN|HD|GR)\b.*|(HD|GR)\d.*", re.IGNORECASE | re.DOTALL)
"""Titles of inputs with electrodes, and names of the maker's grids."""


@dataclass(frozen=True, slots=True)
class _Track:
    """What ``TrackInfo`` states; ``first_in_device`` and ``first_in_packet`` are the two places that it gives."""

    title: str
    name: str
    stream: str
    channels: int
    total: int
    first_in_device: int
    first_in_packet: int
    rate_hz: float
    sample_bytes: int
    gain: float
    bits: int
    range_v: float
    unit: str
    factor: float
    is_control: bool


def load(path: Path, members: dict[str, bytes], options: FileOptions) -> LoadedFile:
    """Open an OTB4 file whose archive has ``members``. Raises DeviceRefused where it is damaged or incomplete."""
    tracks = [
        _track(path, info)
        for name in sorted(members)
        if TRACKS.fullmatch(name)
        for info in parsed_xml(path, members[name]).iter("TrackInfo")
    ]
    if not tracks:
        raise DeviceRefused(f"{path} describes no track, so there is nothing to play")
    channels, notes = list[DecodedChannel](), list[str]()
    for stream in dict.fromkeys(track.stream for track in tracks):
        own = [track for track in tracks if track.stream == stream]
        codes = _codes(path, stream, own, members, notes)
        for track, first in zip(own, _places(path, own), strict=True):
            channels += _channels(path, track, codes[:, first : first + track.channels], notes)
    return load_decoded(path, "OTB4 recording", channels, options, list(markers_in(path, members)), tuple(notes))


def _track(path: Path, info: Element) -> _Track:
    """Return one track. Raises DeviceRefused where a number is missing or impossible."""

    def text(key: str) -> str:
        return (info.findtext(key) or "").strip()

    def value(key: str, usual: float | None = None) -> float:
        found = number(text(key)) if text(key) else usual
        if found is None:
            raise DeviceRefused(f"a track of {path} states no valid {key}; save it again in OT BioLab")
        return found

    whole = {key: int(value(key)) for key in ("NumberOfChannels", "TotalChannelsInFile", "SampleSize")}
    bits = int(value("ADC_Nbits", 0))
    if not 0 < whole["NumberOfChannels"] <= whole["TotalChannelsInFile"] <= _MOST_CHANNELS or bits > _MOST_BITS:
        raise DeviceRefused(f"a track of {path} states impossible numbers of channels or bits; the file is damaged")
    return _Track(
        text("Title"), text("Muscle") or text("SubTitle"), text("SignalStreamPath"), whole["NumberOfChannels"],
        whole["TotalChannelsInFile"], int(value("AcquisitionChannel", 0)), int(value("ChannelOffsetInSubPacket", -1)),
        value("SamplingFrequency"), whole["SampleSize"], value("Gain", 1), bits,
        value("ADC_Range", 1), text("UnitOfMeasurement"), value("UnitOfMeasurementFactor", 1),
        text("IsControl").casefold() == "true",
    )  # fmt: skip


def _codes(
    path: Path, stream: str, tracks: Sequence[_Track], members: dict[str, bytes], notes: list[str]
) -> NDArray[np.float64]:
    """Return the samples as stored (samples, channels). Raises DeviceRefused."""
    facts = {(track.total, track.sample_bytes, track.rate_hz) for track in tracks}
    if stream not in members or len(facts) != 1:
        what = "is missing in" if stream not in members else "is described in two ways by"
        raise DeviceRefused(f"'{printable(stream)}' {what} {path}; save it again in OT BioLab")
    total, size = tracks[0].total, tracks[0].sample_bytes
    samples, rest = divmod(len(members[stream]), total * size)
    raw = members[stream][: samples * total * size]
    if rest:
        notes.append(f"'{printable(stream)}' of {path} ends in the middle of a sample, which is left out")
    if size == _FLOAT_BYTES:
        return np.frombuffer(raw, "<f8").reshape(samples, total)
    if size == _PACKED_BYTES:
        packed = np.frombuffer(raw, np.uint8).reshape(-1, _PACKED_BYTES).astype(np.int32)
        signed = (packed[:, 0] | packed[:, 1] << 8 | packed[:, 2] << 16) << 8 >> 8
        return signed.reshape(samples, total).astype(np.float64)
    if size not in _INTEGERS:
        raise DeviceRefused(f"the samples of {path} have {size} bytes, which is not known; export it as CSV")
    return np.frombuffer(raw, _INTEGERS[size]).reshape(samples, total).astype(np.float64)


def _places(path: Path, tracks: Sequence[_Track]) -> list[int]:
    """Return the first channel of each track in its file.

    The maker's reader takes ``AcquisitionChannel``. Where a device counts it over all of its inputs it lies beyond the
    file, and ``ChannelOffsetInSubPacket`` is the place. Raises DeviceRefused where neither fits.
    """
    for places in ([track.first_in_device for track in tracks], [track.first_in_packet for track in tracks]):
        spans = sorted((first, first + track.channels) for first, track in zip(places, tracks, strict=True))
        is_apart = all(end <= begin for (_, end), (begin, _) in pairwise(spans))
        if spans[0][0] >= 0 and spans[-1][1] <= tracks[0].total and is_apart:
            return places
    raise DeviceRefused(f"the tracks of {path} lie outside of their file or upon each other; export it as CSV")


def _channels(path: Path, track: _Track, codes: NDArray[np.float64], notes: list[str]) -> Iterator[DecodedChannel]:
    """Yield the channels of a track, in volts where it states a voltage."""
    unit, scale = _scale(track)
    if unit is None:
        notes.append(f"the scale of track '{printable(track.title)}' of {path} contradicts itself, so it has no unit")
    label = " ".join(word for word in (track.title, track.name) if word)
    ends = None
    if unit and track.bits and track.sample_bytes != _FLOAT_BYTES:
        most = 2.0 ** (track.bits - 1)
        ends = (-most * scale, (most - 1) * scale)
    kind: str | ChannelKind = ChannelKind.MUSCLE if _INPUT.fullmatch(track.title) else ""
    if track.is_control or track.title.upper().startswith("AUX") or track.name.upper().startswith("AUX"):
        kind = ChannelKind.OTHER
    for i in range(track.channels):
        yield DecodedChannel(f"{label} {i + 1}", unit or "", track.rate_hz, codes[:, i] * scale, kind, ends=ends)


def _scale(track: _Track) -> tuple[str | None, float]:
    """Return unit and scale of a track's samples; the unit is None where what is stated contradicts itself.

    A converter's step is its range in volts over its codes and its gain; the stated factor turns volts into the unit.
    """
    if track.sample_bytes == _FLOAT_BYTES:
        return track.unit, 1.0
    if track.bits <= 0:
        return track.unit, track.factor
    per_unit_uv = microvolts_per(track.unit)
    if per_unit_uv is None:
        return "", 1.0
    if track.gain <= 0 or track.range_v <= 0 or abs(track.factor * per_unit_uv / 1e6 - 1) > _SAME_SCALE:
        return None, 1.0
    return "V", track.range_v / 2.0**track.bits / track.gain
