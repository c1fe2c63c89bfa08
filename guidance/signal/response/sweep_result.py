"""What one sweep showed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guidance.signal.sweep.basis import Array


class Doubt(StrEnum):
    """Why a sweep cannot tell whether there was a response."""

    SAMPLES = "samples"
    OVERLOAD = "overload"
    BLANKING = "blanking"
    ARTEFACT = "artefact"
    CONTRAST = "contrast"
    BURST = "burst"
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class LateResult:
    """A late response (H-reflex) apart from the M-wave, as SweepResult has it; ``latency_ms`` is None where none is."""

    detected: bool
    p_value: float
    amplitude_uv: float | None
    latency_ms: float | None


@dataclass(frozen=True, slots=True, eq=False)
class SweepResult:
    """What one sweep showed. ``uv`` (n,) at ``times_ms`` is the sweep for the eye: artefact, mains and baseline taken
    out; ``doubt`` and ``why`` (in words) say why a sweep is contaminated. ``unfinished``: a longer look is worth while.
    ``late`` is None where the window has no room for a late response.
    """

    detected: bool
    p_value: float | None
    amplitude_uv: float | None
    amplitude_sd_uv: float | None
    latency_ms: float | None
    contaminated: bool
    why: str | None
    times_ms: Array
    uv: Array
    unfinished: bool = False
    late: LateResult | None = None
    doubt: Doubt | None = None
