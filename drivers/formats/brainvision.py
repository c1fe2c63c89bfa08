"""BrainVision files: a header of text (.vhdr), samples (.eeg) and markers (.vmrk) beside it.

Layout: BrainVision Core Data Format 1.0 (https://www.brainproducts.com/support-resources/brainvision-core-data-format-1-0).
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from drivers.base import DeviceRefused
from drivers.formats.in_memory import DecodedChannel, load_decoded
from drivers.formats.loaded import Annotation, FileOptions, LoadedFile, Values, number

_DTYPES = {"INT_16": "<i2", "INT_32": "<i4", "IEEE_FLOAT_32": "<f4"}
_MICROSECONDS = 1e6


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open the file whose header is at ``path``. Raises OSError, and DeviceRefused where it is damaged."""
    header = _sections(path)
    common = dict(header.items("Common Infos")) if header.has_section("Common Infos") else {}
    interval_us = number(common.get("SamplingInterval", "").strip())
    count = number(common.get("NumberOfChannels", "").strip())
    if not interval_us or interval_us <= 0 or not count or count < 1 or count != int(count):
        raise _damaged(path, "it lacks SamplingInterval or NumberOfChannels")
    rate_hz = _MICROSECONDS / interval_us
    values, warnings = _values(path, header, common, int(count))
    described = [_channel(path, header, i) for i in range(1, int(count) + 1)]
    channels = [
        DecodedChannel(name, unit, rate_hz, values[:, i] * scale) for i, (name, scale, unit) in enumerate(described)
    ]
    return load_decoded(path, "BrainVision recording", channels, options, _markers(path, common, rate_hz), warnings)


def _sections(path: Path) -> configparser.ConfigParser:
    """Return the sections of a header or marker file; the first line is a title, and comments begin with ``;``."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    parser = configparser.ConfigParser(
        interpolation=None, delimiters=("=",), comment_prefixes=(";",), allow_no_value=True, strict=False
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text.partition("\n")[2].partition("[Comment]")[0])
    except (configparser.Error, AttributeError) as error:  # the second for a value that continues nothing
        raise _damaged(path, str(error).partition("\n")[0]) from error
    return parser


def _channel(path: Path, header: configparser.ConfigParser, index: int) -> tuple[str, float, str]:
    """Return name, resolution and unit of a channel; the unit is microvolts where none is stated."""
    text = header.get("Channel Infos", f"Ch{index}", fallback=None)
    if text is None:
        raise _damaged(path, f"it lacks Ch{index}")
    name, _, resolution, unit = [*(part.replace("\\1", ",").strip() for part in text.split(",")), "", "", ""][:4]
    scale = number(resolution) if resolution else 1.0
    if scale is None or scale == 0:
        raise _damaged(path, f"the resolution of channel {name} is '{resolution}'")
    return name, scale, unit or "uV"


def _values(
    path: Path, header: configparser.ConfigParser, common: dict[str, str], count: int
) -> tuple[Values, tuple[str, ...]]:
    """Return the samples (samples, channels) in steps."""
    dtype = _DTYPES.get(header.get("Binary Infos", "BinaryFormat", fallback="").strip())
    if common.get("DataFormat", "").strip() != "BINARY" or dtype is None:
        raise DeviceRefused(f"{path} is not in one of the binary formats of BrainVision; export it as binary")
    data = _beside(path, common, "DataFile").read_bytes()
    samples, rest = divmod(len(data), count * np.dtype(dtype).itemsize)
    warnings = (f"{path} ends in the middle of a sample, which is left out",) if rest else ()
    flat = np.frombuffer(data[: len(data) - rest], dtype).astype(np.float64)
    if common.get("DataOrientation", "").strip() == "VECTORIZED":
        if rest:
            raise _damaged(path, "its samples are cut short, and lie channel by channel")
        return flat.reshape(count, samples).T, warnings
    return flat.reshape(samples, count), warnings


def _markers(path: Path, common: dict[str, str], rate_hz: float) -> list[Annotation]:
    if not common.get("MarkerFile", "").strip():
        return []
    sections = _sections(_beside(path, common, "MarkerFile"))
    return list(_annotations(sections, rate_hz)) if sections.has_section("Marker Infos") else []


def _annotations(sections: configparser.ConfigParser, rate_hz: float) -> Iterator[Annotation]:
    for key, text in sections.items("Marker Infos"):
        kind, description, position, *_ = [*(text or "").split(","), "", "", ""]
        at = number(position.strip())
        if key.startswith("Mk") and at is not None and kind.strip() != "New Segment":
            words = description.replace("\\1", ",").strip()
            yield Annotation((at - 1) / rate_hz, f"{kind.strip()}/{words}" if words else kind.strip())


def _beside(path: Path, common: dict[str, str], key: str) -> Path:
    """Return the file beside the header that ``key`` names. Raises DeviceRefused where it is not there."""
    name = common.get(key, "").strip().replace("$b", path.stem)
    found = path.parent / Path(name.replace("\\", "/")).name
    if not name or not found.is_file():
        raise DeviceRefused(f"{path} needs the file '{name or key}' beside it, which is missing; copy it there")
    return found


def _damaged(path: Path, why: str) -> DeviceRefused:
    return DeviceRefused(f"the header of {path} is damaged: {why}; copy or export the recording again")
