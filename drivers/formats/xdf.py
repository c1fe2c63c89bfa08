"""XDF files of LabRecorder, read by pyxdf (BSD 2-clause): the stream with the muscle, and the markers beside it.

The streams' clocks are brought together by the offsets in the file. A hole in the time stamps is a gap.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError  # only the error's class: pyxdf parses

import numpy as np

from drivers.base import DeviceRefused
from drivers.formats.channels import ChannelCandidate, choose_channels
from drivers.formats.in_memory import DecodedChannel, load_decoded
from drivers.formats.loaded import Annotation, FileOptions, LoadedFile, Segment, Values, channel_names

_GAP_SAMPLES = 1.5
"""Two stamps further apart than so many periods have a gap between them."""
_BREAK_S = 0.1
"""Stamps further apart are a hole; pyxdf's second would spread a shorter one over the recording. Jitter is less."""
_RATE_SHARE = 1e-3
"""A stated rate that is further from the measured one is wrong."""


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open an XDF file. Raises OSError, and DeviceRefused where it is damaged, or pyxdf is not installed."""
    streams = _streams(path)
    signals = [stream for stream in streams if _is_signal(stream)]
    if not signals:
        raise DeviceRefused(f"{path} has no stream of samples, so there is nothing to play")
    channels = [channel for stream in signals for channel in _channels(stream)]
    names = channel_names([channel.label for channel in channels])
    candidates = [
        ChannelCandidate(name, channel.unit, channel.sample_rate_hz, channel.kind)
        for name, channel in zip(names, channels, strict=True)
    ]
    first = choose_channels(path, candidates, options).indices[0]
    owners = [stream for stream in signals for _ in range(_count(stream))]
    played = owners[first]
    own = [i for i, owner in enumerate(owners) if owner is played]
    left = [_text(stream, "name") for stream in signals if stream is not played]
    notes = (f"streams of {path} that are left out: {', '.join(left)}",) if left else ()
    return load_decoded(
        path, "XDF recording", [channels[i] for i in own], options, _markers(streams, played),
        notes + _rate_warnings(path, played),
    )  # fmt: skip


def _streams(path: Path) -> list[dict[str, Any]]:
    try:
        import pyxdf
    except ImportError:
        raise DeviceRefused(f"{path} is an XDF file, which needs pyxdf; install needle-guidance[xdf]") from None
    logging.getLogger("pyxdf").setLevel(logging.CRITICAL)
    try:
        streams, _ = pyxdf.load_xdf(
            str(path), jitter_break_threshold_seconds=_BREAK_S, jitter_break_threshold_samples=0
        )
    except (ValueError, KeyError, IndexError, TypeError, EOFError, struct.error, ParseError) as error:
        raise DeviceRefused(f"{path} is damaged ({type(error).__name__}); copy the recording again") from error
    return list(streams)


def _is_signal(stream: dict[str, Any]) -> bool:
    numeric = isinstance(stream["time_series"], np.ndarray) and stream["time_series"].dtype.kind in "fiu"
    return numeric and float(stream["info"]["nominal_srate"][0]) > 0 and len(stream["time_stamps"]) > 1


def _count(stream: dict[str, Any]) -> int:
    return int(stream["time_series"].shape[1])


def _text(stream: dict[str, Any], key: str) -> str:
    return str((stream["info"].get(key) or [""])[0] or "")


def _rate_hz(stream: dict[str, Any]) -> float:
    """Return the stated rate, or the measured one where the two differ."""
    stated, measured = float(stream["info"]["nominal_srate"][0]), float(stream["info"]["effective_srate"] or 0.0)
    return measured if measured > 0 and abs(measured / stated - 1) > _RATE_SHARE else stated


def _rate_warnings(path: Path, stream: dict[str, Any]) -> tuple[str, ...]:
    stated, used = float(stream["info"]["nominal_srate"][0]), _rate_hz(stream)
    if stated == used:
        return ()
    return (f"stream '{_text(stream, 'name')}' of {path} states {stated:g} Hz, but its time stamps give {used:.6g} Hz",)


def _positions(stream: dict[str, Any]) -> Values:
    """Return the sample number of each stored sample (samples,): one further each, more after a gap."""
    rate_hz = _rate_hz(stream)
    steps = np.diff(stream["time_stamps"]) * rate_hz
    if (steps < -_GAP_SAMPLES).any():
        raise DeviceRefused(f"the clock of stream '{_text(stream, 'name')}' runs backwards; record it again")
    jumps = np.where(steps > _GAP_SAMPLES, np.rint(steps), 1.0)
    return np.concatenate([[0.0], np.cumsum(jumps)])


def _segments(positions: Values) -> tuple[Segment, ...]:
    begins = [0, *(np.flatnonzero(np.diff(positions) > 1) + 1).tolist()]
    ends = [*begins[1:], len(positions)]
    return tuple(Segment(int(positions[a]), a, b - a) for a, b in zip(begins, ends, strict=True))


def _channels(stream: dict[str, Any]) -> list[DecodedChannel]:
    segments, rate_hz = _segments(_positions(stream)), _rate_hz(stream)
    described = _described(stream)
    return [
        DecodedChannel(
            label=described[i].get("label") or f"{_text(stream, 'name')} {i + 1}",
            unit=described[i].get("unit", ""),
            sample_rate_hz=rate_hz,
            values=stream["time_series"][:, i].astype(np.float64),
            kind=described[i].get("type") or _text(stream, "type"),
            segments=segments,
        )
        for i in range(_count(stream))
    ]


def _described(stream: dict[str, Any]) -> list[dict[str, str]]:
    """Return label, unit and type of each channel, as far as the stream states them."""
    try:
        listed = stream["info"]["desc"][0]["channels"][0]["channel"]
    except (KeyError, TypeError, IndexError):
        listed = []
    plain = [{key: str((value or [""])[0] or "") for key, value in each.items()} for each in listed]
    return [*plain, *({} for _ in range(_count(stream) - len(plain)))]


def _markers(streams: Sequence[dict[str, Any]], played: dict[str, Any]) -> list[Annotation]:
    stamps, positions, rate_hz = played["time_stamps"], _positions(played), _rate_hz(played)
    found = []
    for stream in streams:
        if isinstance(stream["time_series"], list):
            for stamp, values in zip(stream["time_stamps"], stream["time_series"], strict=False):
                inside = np.interp(stamp, stamps, positions)
                outside = min(stamp - stamps[0], 0.0) + max(stamp - stamps[-1], 0.0)
                found.append(Annotation(float(inside) / rate_hz + float(outside), str(values[0])))
    return found
