"""Files of CED Spike2 (.smr), read by neo (BSD 3-clause), the extra ``neo``."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from drivers.base import DeviceRefused
from drivers.formats.in_memory import DecodedChannel, load_decoded
from drivers.formats.loaded import Annotation, FileOptions, LoadedFile, Segment, printable

SMR_MAGIC_AT, SMR_MAGIC = 2, b"(C) CED"


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open a Spike2 file. Raises OSError, and DeviceRefused where it is damaged, or neo is not installed."""
    reader = _reader(path)
    try:
        channels = list(_channels(reader))
        if not channels:
            raise DeviceRefused(f"{path} has no sampled channel, so there is nothing to play")
        annotations = list(_events(reader))
    except (ValueError, KeyError, IndexError, TypeError, AssertionError, struct.error) as error:
        raise DeviceRefused(f"{path} is damaged ({type(error).__name__}); copy the recording again") from error
    return load_decoded(path, "Spike2 recording", channels, options, annotations)


def _reader(path: Path) -> Any:
    try:
        from neo.rawio.spike2rawio import Spike2RawIO
    except ImportError:
        raise DeviceRefused(f"{path} is a Spike2 file, which needs neo; install needle-guidance[neo]") from None
    reader = Spike2RawIO(filename=str(path))
    try:
        reader.parse_header()
    except (ValueError, KeyError, IndexError, TypeError, AssertionError, struct.error, OverflowError) as error:
        raise DeviceRefused(f"{path} is damaged ({type(error).__name__}); copy the recording again") from error
    return reader


def _channels(reader: Any) -> Iterator[DecodedChannel]:
    """Yield the sampled channels; each pause of the recording is a gap."""
    header = reader.header
    parts = range(header["nb_segment"][0])
    start_s = _start_s(reader)
    for stream, described in enumerate(header["signal_streams"]):
        rate_hz = float(reader.get_signal_sampling_rate(stream))
        sizes = [int(reader.get_signal_size(0, part, stream)) for part in parts]
        begins = [float(reader.get_signal_t_start(0, part, stream)) for part in parts]
        stored = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        segments = tuple(
            Segment(round((begin - start_s) * rate_hz), int(at), size)
            for begin, at, size in zip(begins, stored, sizes, strict=False)
            if size
        )
        chunks = [reader.get_analogsignal_chunk(0, part, stream_index=stream) for part in parts]
        values = reader.rescale_signal_raw_to_float(np.concatenate(chunks), dtype="float64", stream_index=stream)
        own = header["signal_channels"][header["signal_channels"]["stream_id"] == described["id"]]
        for i, channel in enumerate(own):
            name, unit = printable(str(channel["name"])), str(channel["units"]).strip()
            yield DecodedChannel(name, unit, rate_hz, values[:, i], segments=segments)


def _start_s(reader: Any) -> float:
    """Return the time of the first sample of all."""
    streams = range(len(reader.header["signal_streams"]))
    return min(float(reader.get_signal_t_start(0, 0, stream)) for stream in streams)


def _events(reader: Any) -> Iterator[Annotation]:
    """Yield the events and markers: the name of the channel, and the code of a marker."""
    start_s = _start_s(reader)
    for part in range(reader.header["nb_segment"][0]):
        for index, channel in enumerate(reader.header["event_channels"]):
            stamps, _, labels = reader.get_event_timestamps(0, part, index)
            times = reader.rescale_event_timestamp(stamps, dtype="float64", event_channel_index=index)
            for t, label in zip(times, labels, strict=True):
                yield Annotation(float(t) - start_s, printable(f"{channel['name']} {label}"))
