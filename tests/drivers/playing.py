"""Helpers for tests of recordings: write a file, play it whole, or return why it is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.base import DeviceError
from drivers.recording import Recording


def write(path: Path, raw: bytes) -> Path:
    """Write ``raw`` to a file."""
    path.write_bytes(raw)
    return path


def samples(recording: Recording, size: int = 10_000) -> NDArray[np.float32]:
    """Play to the end, ``size`` samples at a time; return microvolts of shape (samples, channels)."""
    parts = []
    while block := recording.take(size):
        parts.append(block.samples)
    return np.concatenate(parts)


def why_refused(path: Path, full_scale_uv: float | None = None, sample_rate_hz: float | None = None) -> str:
    """Play a file that may be damaged; return the text of the DeviceError, empty where it played."""
    try:
        recording = Recording(path, full_scale_uv=full_scale_uv, sample_rate_hz=sample_rate_hz)
        played = samples(recording)
    except DeviceError as error:
        return str(error)
    if not np.isfinite(played).all():
        raise ValueError(f"{path} played something other than numbers")
    return ""
