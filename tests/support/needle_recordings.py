"""The shared needle recordings as files that ``analyse`` reads; what is repeated in them is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from edfio import Edf, EdfSignal

from guidance.signal.sweep.basis import Array
from tests.support.shared import shared

NAMES = ("healthy", "myopathy", "neuropathy")
MUSCLE = "tibialis anterior"

_FILE = "data/needle_emg_physionet_emgdb.npz"
_REPEATS = ("myopathy", "neuropathy")


def recorded(name: str) -> tuple[Array, float]:
    """Signal in uV and rate in Hz of ``name``; of those whose second half repeats the first, the first half."""
    data = np.load(shared(_FILE))
    uv = data[f"{name}_uV"].astype(float)
    return (uv[: len(uv) // 2] if name in _REPEATS else uv), float(data["fs"])


def write(path: Path, uv: Array, rate_hz: float, largest_uv: float = 10_000.0) -> Path:
    """An EDF file of whole seconds of ``uv``."""
    rate = round(rate_hz)
    whole = uv[: len(uv) // rate * rate].clip(-largest_uv, largest_uv)
    signal = EdfSignal(whole, rate, label="EMG", physical_dimension="uV", physical_range=(-largest_uv, largest_uv))
    Edf([signal]).write(path)
    return path
