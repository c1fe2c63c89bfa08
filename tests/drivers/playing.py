"""What the tests of recordings do with a file: write it, play it whole, or hear why it is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.base import DeviceError
from drivers.recording import Recording


def write(path: Path, raw: bytes) -> Path:
    """Put ``raw`` into a file."""
    path.write_bytes(raw)
    return path


def samples(recording: Recording, size: int = 10_000) -> NDArray[np.float32]:
    """Play to the end, ``size`` samples at a time: microvolts of shape (samples, channels)."""
    parts = []
    while block := recording.take(size):
        parts.append(block.samples)
    return np.concatenate(parts)


def why_refused(path: Path, full_scale_uv: float | None = None, sample_rate_hz: float | None = None) -> str:
    """Play a file that may be damaged; the sentence of the DeviceError, or nothing where it played."""
    try:
        recording = Recording(path, full_scale_uv=full_scale_uv, sample_rate_hz=sample_rate_hz)
        played = samples(recording)
    except DeviceError as error:
        return str(error)
    if not np.isfinite(played).all():
        raise ValueError(f"{path} played something other than numbers")
    return ""
