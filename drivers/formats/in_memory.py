"""A file that a library or a small reader has decoded as a whole: its channels, samples, gaps and annotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drivers.base import Channel, DeviceRefused
from drivers.formats.channels import ChannelCandidate, choose_channels
from drivers.formats.loaded import (
    HIGHEST_UV,
    Annotation,
    FileOptions,
    LoadedFile,
    Segment,
    Values,
    channel_names,
    check_sample_rate,
    microvolts_per,
)


@dataclass(frozen=True, slots=True, eq=False)
class DecodedChannel:
    """One channel: ``values`` (samples,) in ``unit``; ``kind`` is a type that the file states."""

    label: str
    unit: str
    sample_rate_hz: float
    values: Values
    kind: str = ""
    segments: tuple[Segment, ...] = ()


def load_decoded(
    path: Path,
    model: str,
    channels: Sequence[DecodedChannel],
    options: FileOptions,
    annotations: Sequence[Annotation] = (),
    warnings: tuple[str, ...] = (),
) -> LoadedFile:
    """Return the file with the channels that ``options`` or their kinds choose. Raises DeviceRefused."""
    names = channel_names([channel.label for channel in channels])
    candidates = [
        ChannelCandidate(name, channel.unit, channel.sample_rate_hz, channel.kind)
        for name, channel in zip(names, channels, strict=True)
    ]
    choice = choose_channels(path, candidates, options)
    played = [channels[i] for i in choice.indices]
    scales = [microvolts_per(channel.unit) or 0.0 for channel in played]
    length = min(len(channel.values) for channel in played)
    if not length:
        raise DeviceRefused(f"{path} has no samples, so there is nothing to play")
    values = [channel.values[:length] * scale for channel, scale in zip(played, scales, strict=True)]
    uv = np.stack(values, axis=1).astype(np.float32)
    if (np.abs(np.nan_to_num(uv)) > HIGHEST_UV).any():
        raise DeviceRefused(f"{path} has values above {HIGHEST_UV:g} uV, which cannot be true; its unit is wrong")
    return LoadedFile(
        model=model,
        sample_rate_hz=check_sample_rate(path, played[0].sample_rate_hz),
        channels=tuple(Channel(names[i]) for i in choice.indices),
        segments=played[0].segments or (Segment(0, 0, length),),
        page_samples=length,
        page=lambda _: (uv, np.zeros(uv.shape, dtype=np.bool_)),
        annotations=tuple(sorted(annotations, key=lambda each: each.onset_s)),
        warnings=warnings + choice.notes,
    )
