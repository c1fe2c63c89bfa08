"""Binary recordings of Open Ephys: ``structure.oebin`` describes the streams and events in the folders beside it.

Layout: https://open-ephys.github.io/gui-docs/User-Manual/Recording-data/Binary-format.html (versions 0.4 to 1.0).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.base import DeviceRefused
from drivers.formats.in_memory import DecodedChannel, contiguous_parts, load_decoded
from drivers.formats.loaded import Annotation, FileOptions, LoadedFile, Segment, printable

_CODES = np.iinfo(np.int16)


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open the recording that ``path`` describes. Raises OSError, and DeviceRefused where it is damaged."""
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        streams = [_Stream(path, each) for each in described["continuous"]]
        events = list(described.get("events", []))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, f"it is not as Open Ephys writes it ({type(error).__name__})") from error
    if not streams:
        raise DeviceRefused(f"{path} has no stream of samples, so there is nothing to play")
    played = next((each for each in streams if set(options.named_channels) & set(each.names)), streams[0])
    left = ", ".join(each.name for each in streams if each is not played)
    numbers, channels, warnings = played.decoded()
    try:
        annotations = list(_events(path, events, played, numbers))
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"its events cannot be read ({type(error).__name__})") from error
    notes = (f"streams of {path} that are left out: {left}",) if left else ()
    return load_decoded(path, "Open Ephys recording", channels, options, annotations, warnings + notes)


class _Stream:
    """One continuous stream as ``structure.oebin`` describes it. Raises KeyError, TypeError and ValueError."""

    def __init__(self, path: Path, described: dict[str, Any]) -> None:
        self.path = path
        self.folder = path.parent / "continuous" / _plain(described["folder_name"])
        self.name = printable(str(described.get("stream_name") or described["folder_name"]))
        self.sample_rate_hz = float(described["sample_rate"])
        self.channels = [
            (str(each["channel_name"]), float(each["bit_volts"]), str(each.get("units") or ""))
            for each in described["channels"]
        ]
        if not self.channels or self.sample_rate_hz <= 0:
            raise ValueError("no channel or no rate")

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.channels]

    def decoded(self) -> tuple[NDArray[np.float64], list[DecodedChannel], tuple[str, ...]]:
        """Return the sample numbers, the channels and sentences on what is missing. Raises OSError, DeviceRefused."""
        flat = np.fromfile(self.folder / "continuous.dat", "<i2")
        samples, rest = divmod(len(flat), len(self.channels))
        stored = flat[: len(flat) - rest].reshape(samples, len(self.channels))
        numbers = _numbers(self.path, self.folder, ("sample_numbers.npy", "timestamps.npy"))
        if numbers is None:
            numbers = np.arange(samples, dtype=np.float64)
        length = min(samples, len(numbers))
        cut = rest or samples != len(numbers)
        warnings = (f"{self.folder} ends early, or in the middle of a sample; what is whole is played",) if cut else ()
        segments = contiguous_parts(numbers[:length])
        return (
            numbers[:length],
            [self._channel(i, stored[:length, i], segments) for i in range(len(self.names))],
            warnings,
        )

    def _channel(self, index: int, codes: NDArray[np.int16], segments: tuple[Segment, ...]) -> DecodedChannel:
        name, step, unit = self.channels[index]
        unit = unit or ("V" if name.upper().startswith("ADC") else "uV")  # older versions leave it to the name
        ends = (_CODES.min * step, _CODES.max * step)
        return DecodedChannel(
            name, unit, self.sample_rate_hz, codes.astype(np.float64) * step, segments=segments, ends=ends
        )


def _events(
    path: Path, described: list[dict[str, Any]], stream: _Stream, numbers: NDArray[np.float64]
) -> Iterator[Annotation]:
    """Yield rising edges of TTL lines as ``TTL LINE``, and texts, in the time of ``stream``."""
    if not len(numbers):
        return
    for each in described:
        folder = path.parent / "events" / _plain(each["folder_name"])
        at = _numbers(path, folder, ("sample_numbers.npy", "timestamps.npy"))
        states = _numbers(path, folder, ("states.npy", "channel_states.npy"))
        of_another = each.get("stream_name") not in {None, "", stream.name}  # its sample numbers count another clock
        if at is None or of_another or (states is None and not (folder / "text.npy").is_file()):
            continue
        onsets_s = (at - numbers[0]) / stream.sample_rate_hz
        if states is not None:
            yield from (
                Annotation(float(t), f"TTL {state:g}") for t, state in zip(onsets_s, states, strict=False) if state > 0
            )
        else:
            texts = np.load(folder / "text.npy", allow_pickle=False)
            yield from (Annotation(float(t), printable(_text(text))) for t, text in zip(onsets_s, texts, strict=False))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _numbers(path: Path, folder: Path, names: tuple[str, ...]) -> NDArray[np.float64] | None:
    """Return the numbers of the first of the files ``names`` that is there, or None. Raises DeviceRefused."""
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        return None
    try:
        numbers: NDArray[np.float64] = np.load(found, allow_pickle=False).astype(np.float64).reshape(-1)
    except (ValueError, EOFError, TypeError, SyntaxError, TokenError, MemoryError) as error:
        raise _damaged(path, f"{found.name} in {folder} is no list of numbers") from error
    return numbers


def _plain(name: object) -> Path:
    """Return the folder ``name`` as a path that stays inside the recording."""
    return Path(*(part for part in Path(str(name).replace("\\", "/")).parts if part not in {"..", "/"}))


def _damaged(path: Path, why: str) -> DeviceRefused:
    return DeviceRefused(f"{path} is damaged: {why}; copy the whole folder of the recording again")
