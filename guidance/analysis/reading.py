"""A whole recording for analysis, read by the drivers that also replay it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from drivers.base import Block, DeviceInfo
from drivers.recording import Recording
from guidance.common.errors import UserError
from guidance.signal.sweep.basis import Array

_BLOCK = 1 << 16
RestEpoch = tuple[float, float]
"""An epoch in which the muscle was at rest: its start and end, in s from the start of the recording."""

_REST = "rest"
"""Annotation, with a duration, of an epoch at rest."""
_LONGEST_S = 3600.0
"""Longest recording that is analysed as a whole."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSignal:
    """A recording: its first channel ``uv`` (n,), NaN where samples are lost; its blocks; the clipped share.

    ``rest`` are the epochs that the file marks as the muscle at rest.
    """

    name: str
    info: DeviceInfo
    uv: Array
    blocks: tuple[Block, ...]
    clipped_share: float
    warnings: tuple[str, ...] = ()
    rest: tuple[RestEpoch, ...] = ()

    @property
    def seconds(self) -> float:
        """Length in s."""
        return len(self.uv) / self.info.sample_rate_hz


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user states about the files: the channel, and what a file may lack."""

    channel: str | None = None
    full_scale_uv: float | None = None
    sample_rate_hz: float | None = None
    stim_label: str | None = None


def read(path: str, options: ReadOptions = ReadOptions()) -> RecordedSignal:
    """Read the recording at ``path``. Raises DeviceError if it cannot be read, UserError if it is too long."""
    recording = Recording(path, **asdict(options))
    if recording.total_samples > _LONGEST_S * recording.info.sample_rate_hz:
        raise UserError(f"{path} lasts longer than an hour; analyse a part of it.")
    uv = np.full(recording.total_samples, np.nan)
    blocks = []
    while block := recording.take(_BLOCK):
        uv[block.first_sample : block.end_sample] = block.samples[:, 0]
        blocks.append(block)
    recording.close()
    marked = (note for note in recording.annotations if note.text.strip().casefold() == _REST and note.duration_s > 0)
    rest = tuple((note.onset_s, note.onset_s + note.duration_s) for note in marked)
    return RecordedSignal(path, recording.info, uv, tuple(blocks), _clipped(uv), recording.warnings, rest)


def _clipped(uv: Array) -> float:
    """Return the share of samples at the highest or lowest value whose next sample is there too."""
    known = uv[np.isfinite(uv)]
    if not len(known) or np.ptp(known) == 0:
        return 0.0
    extreme = (known == known.max()) | (known == known.min())
    repeated = extreme[:-1] & extreme[1:]
    return float(repeated.mean()) if len(repeated) else 0.0
