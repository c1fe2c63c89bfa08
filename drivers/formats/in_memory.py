"""A file that a library or a small reader has decoded as a whole: its channels, samples, gaps and annotations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drivers.base import Channel, ChannelKind, DeviceRefused
from drivers.formats.channels import ChannelCandidate, choose_channels
from drivers.formats.loaded import (
    HIGHEST_UV,
    Annotation,
    FileOptions,
    LoadedFile,
    SamplePage,
    Segment,
    Values,
    channel_names,
    check_sample_rate,
    microvolts_per,
)
from drivers.formats.trigger import TriggerLine, trigger_annotations


@dataclass(frozen=True, slots=True, eq=False)
class DecodedChannel:
    """One channel: ``values`` (samples,) in ``unit``, with NaN where a value is missing.

    ``kind`` is a type that the file states, or what the format knows the channel to be. ``ends`` are the ends of the
    converter's range in ``unit``: a value there is clipped. ``is_coded``: a trigger line whose values are codes.
    """

    label: str
    unit: str
    sample_rate_hz: float
    values: Values
    kind: str | ChannelKind = ""
    segments: tuple[Segment, ...] = ()
    ends: tuple[float, float] | None = None
    is_coded: bool = False

    @property
    def parts(self) -> tuple[Segment, ...]:
        """The segments; one where the file has no gap."""
        return self.segments or (Segment(0, 0, len(self.values)),)

    def stored(self) -> Values:
        """Return the values (samples,)."""
        return self.values

    def position_s(self, stored: int) -> float:
        """Return the time of the stored sample, in seconds after the recording's first."""
        part = max((each for each in self.parts if each.stored_at <= stored), key=lambda each: each.stored_at)
        return (part.first_sample + stored - part.stored_at) / self.sample_rate_hz


def load_decoded(
    path: Path,
    model: str,
    channels: Sequence[DecodedChannel],
    options: FileOptions,
    annotations: Sequence[Annotation] = (),
    warnings: tuple[str, ...] = (),
) -> LoadedFile:
    """Return the file with the channels that ``options`` or their kinds choose, and the pulses of its trigger lines.

    Raises DeviceRefused.
    """
    if not all(math.isfinite(channel.sample_rate_hz) and channel.sample_rate_hz > 0 for channel in channels):
        raise DeviceRefused(f"{path} states no rate above 0 for one of its channels; the file is damaged")
    placed = [each for each in annotations if math.isfinite(each.onset_s)]
    if len(placed) < len(annotations):
        warnings += (f"annotations of {path} without a time ({len(annotations) - len(placed)}) are left out",)
    names = channel_names([channel.label for channel in channels])
    candidates = [
        ChannelCandidate(name, channel.unit, channel.sample_rate_hz, channel.kind)
        for name, channel in zip(names, channels, strict=True)
    ]
    choice = choose_channels(path, candidates, options)
    played = [channels[i] for i in choice.indices]
    pages = _page(path, played)
    lines = [
        TriggerLine(names[i], channel.stored, channel.position_s, channel.is_coded)
        for i, channel in enumerate(channels)
        if candidates[i].holds is ChannelKind.TRIGGER and i not in choice.indices
    ]
    triggered, notes = trigger_annotations(path, lines, placed)
    return LoadedFile(
        model=model,
        sample_rate_hz=check_sample_rate(path, played[0].sample_rate_hz),
        channels=tuple(Channel(names[i], _range_uv(channels[i])) for i in choice.indices),
        segments=tuple(_until(played[0].parts, len(pages[0]))),
        page_samples=len(pages[0]),
        page=lambda _: pages,
        annotations=tuple(sorted([*placed, *triggered], key=lambda each: each.onset_s)),
        warnings=warnings + choice.notes + notes,
    )


def contiguous_parts(numbers: Values) -> tuple[Segment, ...]:
    """Return the segments of samples whose ``numbers`` (samples,) count on by one; the first is sample 0."""
    if not len(numbers):
        return ()
    begins = [0, *(np.flatnonzero(np.diff(numbers) != 1) + 1).tolist()]
    ends = [*begins[1:], len(numbers)]
    return tuple(Segment(int(numbers[a] - numbers[0]), a, b - a) for a, b in zip(begins, ends, strict=True))


def _page(path: Path, played: Sequence[DecodedChannel]) -> SamplePage:
    """Return the samples in microvolts, and which of them are clipped. Raises DeviceRefused."""
    length = min(len(channel.values) for channel in played)
    if not length:
        raise DeviceRefused(f"{path} has no samples, so there is nothing to play")
    scales = [microvolts_per(channel.unit) or 0.0 for channel in played]
    values = [channel.values[:length] * scale for channel, scale in zip(played, scales, strict=True)]
    uv = np.stack(values, axis=1).astype(np.float32)
    if not (np.abs(np.nan_to_num(uv, posinf=np.inf, neginf=np.inf)) <= HIGHEST_UV).all():
        raise DeviceRefused(f"{path} has values above {HIGHEST_UV:g} uV, which cannot be true; its unit is wrong")
    return uv, np.stack([_clipped(channel)[:length] for channel in played], axis=1)


def _clipped(channel: DecodedChannel) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if channel.ends is None:
        return np.zeros(len(channel.values), dtype=np.bool_)
    flags: np.ndarray[tuple[int], np.dtype[np.bool_]] = (channel.values <= channel.ends[0]) | (
        channel.values >= channel.ends[1]
    )
    return flags


def _range_uv(channel: DecodedChannel) -> float | None:
    return None if channel.ends is None else max(map(abs, channel.ends)) * (microvolts_per(channel.unit) or 0.0)


def _until(parts: Iterable[Segment], stored: int) -> Iterable[Segment]:
    """Yield the segments of the first ``stored`` samples."""
    for part in parts:
        if part.stored_at < stored:
            yield Segment(part.first_sample, part.stored_at, min(part.samples, stored - part.stored_at))
