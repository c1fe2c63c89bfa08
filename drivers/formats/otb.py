"""OTB+ files of OT BioLab: a tar of 16-bit samples (.sig) and a description (.xml). OTB4 files go to their reader.

The scale of each device is the maker's: "OpenOTBfilesConvFact" of https://github.com/OTBioelettronica/OTB-Matlab.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from drivers.base import ChannelKind, DeviceRefused
from drivers.formats import otb4
from drivers.formats.in_memory import DecodedChannel, load_decoded
from drivers.formats.loaded import FileOptions, LoadedFile, number
from drivers.formats.otb_archive import archive_members, markers_in, parsed_xml

_BITS = 16
_SCALES = {
    "QUATTRO": (5.0, 150.0), "QUATTROCENTO": (5.0, 150.0), "DUE": (5.0, 200.0), "DUE+": (3.3, 202.0),
    "QUATTRO+": (3.3, 202.0),
}  # fmt: skip
"""Range in volts of the converter, and gain before it, by the device's name."""
_USUAL_SCALE = (4.8, 256.0)
"""What the maker's code takes for all other devices (Sessantaquattro, Muovi, Novecento, Syncstation)."""
_DIRECT_SCALE = (5.0, 0.5)
"""An auxiliary input."""


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open an OTB+ or OTB4 file. Raises OSError, and DeviceRefused where it is damaged or of another kind."""
    members = archive_members(path)
    if any(otb4.TRACKS.fullmatch(name) for name in members):
        return otb4.load(path, members, options)
    signals = [name for name in members if name.endswith(".sig")]
    if len(signals) != 1 or f"{signals[0][:-4]}.xml" not in members:
        raise DeviceRefused(
            f"{path} is no OTB+ or OTB4 file with one recording; export it from OT BioLab as OTB+ or CSV"
        )
    device = parsed_xml(path, members[f"{signals[0][:-4]}.xml"])
    rate_hz, count = number(device.get("SampleFrequency", "")), number(device.get("DeviceTotalChannels", ""))
    if not rate_hz or not count or count < 1 or device.get("ad_bits", "") != str(_BITS):
        raise DeviceRefused(f"{path} does not state its rate and channels, or its samples have not {_BITS} bits")
    flat = np.frombuffer(members[signals[0]][: len(members[signals[0]]) // 2 * 2], "<i2")
    samples, rest = divmod(len(flat), int(count))
    codes = flat[: samples * int(count)].reshape(samples, int(count))
    warnings = (f"{path} ends in the middle of a sample, which is left out",) if rest else ()
    channels = list(_channels(device, codes, rate_hz))
    return load_decoded(path, "OTB+ recording", channels, options, list(markers_in(path, members)), warnings)


def _channels(
    device: Element, codes: np.ndarray[tuple[int, int], np.dtype[np.int16]], rate_hz: float
) -> Iterator[DecodedChannel]:
    for adapter in device.iter("Adapter"):
        kind, start = adapter.get("ID", ""), int(number(adapter.get("ChannelStartIndex", "0")) or 0)
        for channel in adapter.iter("Channel"):
            at = start + int(number(channel.get("Index", "0")) or 0)
            if not 0 <= at < codes.shape[1]:
                continue
            words = [channel.get(key, "").strip() for key in ("Muscle", "Description", "ID")]
            name = next((word for word in words if word and word.casefold() != "not defined"), kind)
            is_voltage = not kind.startswith("Adapter")
            range_v, gain = _scale(device.get("Name", ""), kind)
            step_uv = range_v / 2**_BITS / gain * 1e6 if is_voltage else 1.0
            own_gain = number(channel.get("Gain", "1")) or 1.0
            values = codes[:, at] * (step_uv / own_gain)
            ends = (-(2.0**15) * step_uv / own_gain, (2.0**15 - 1) * step_uv / own_gain)
            holds = ChannelKind.OTHER if kind.startswith(("Adapter", "Direct")) else ChannelKind.MUSCLE
            yield DecodedChannel(f"{name} {at + 1}", "uV" if is_voltage else "", rate_hz, values, holds, (), ends)


def _scale(device: str, adapter: str) -> tuple[float, float]:
    if adapter.startswith("Direct connection"):
        return _DIRECT_SCALE
    return _SCALES.get(device.upper(), _SCALES.get(adapter.upper(), _USUAL_SCALE))
