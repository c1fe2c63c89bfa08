"""The result of one sweep."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guidance.signal.sweep.basis import Array


class Doubt(StrEnum):
    """The reason why a sweep cannot decide whether there was a response."""

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
    """The result of one sweep. ``uv`` (n,) at ``times_ms`` is the sweep without artefact, mains and baseline, for
    display; ``doubt`` and ``why`` (a clause) give the reason why a sweep is contaminated. ``unfinished``: a longer
    sweep would improve the result. ``late`` is None where the window has no room for a late response. ``p_value``: the
    probability of as much without a response. ``significant``: it is below 1 %, and what stands out is large enough for
    a response, even if below the criterion.
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
    significant: bool = False
