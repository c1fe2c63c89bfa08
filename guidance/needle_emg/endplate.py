"""End-plate activity at rest: potentials that are small, brief, negative from the start, and without rhythm.

End-plate noise has 10-50 uV and 1-2 ms, end-plate spikes have 100-200 uV and 3-4 ms and are very irregular (from
memory, unsourced). Both occur in the end-plate zone only ("Normal EMG activity", Aminoff).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guidance.needle_emg.potential_detector import Potential

_LONGEST_SPIKE_MS, _LONGEST_RISE_US, _LARGEST_UV = 3.0, 750.0, 400.0
"""Limits of one end-plate potential: duration of its spike, rise time, amplitude (from memory, unsourced)."""

_LEAST, _LEAST_PER_S = 10, 5.0
_LEAST_SHARE = 0.7
"""End-plate activity has at least this many potentials, rate a second and share of all (a judgement, unsourced)."""

_IRREGULAR_CV = 0.5
"""Least variation of intervals: random ones vary by 1, those of a motor unit or a fibrillation by 0.2 at most."""


@dataclass(frozen=True, slots=True)
class PlateActivity:
    """End-plate potentials: their ``share`` of all potentials, rate a second, and variation of the intervals."""

    share: float
    per_s: float
    interval_cv: float

    @property
    def is_present(self) -> bool:
        """Whether this is end-plate activity."""
        return self.share >= _LEAST_SHARE and self.per_s >= _LEAST_PER_S and self.interval_cv >= _IRREGULAR_CV


def plate_activity(potentials: Sequence[Potential], seconds: float, sample_rate_hz: float) -> PlateActivity | None:
    """Return the end-plate activity among ``potentials`` detected within ``seconds``; None where there are too few."""
    plate_like = [potential for potential in potentials if is_plate_like(potential)]
    if len(plate_like) < _LEAST:
        return None
    between = np.diff([potential.sample for potential in plate_like]) / sample_rate_hz
    return PlateActivity(
        len(plate_like) / len(potentials), len(plate_like) / seconds, float(between.std() / between.mean())
    )


def is_plate_like(potential: Potential) -> bool:
    """Return whether one potential is small, brief, and negative from the start."""
    measures = potential.measures
    is_brief = measures.spike_ms <= _LONGEST_SPIKE_MS and measures.rise_us <= _LONGEST_RISE_US
    return is_brief and measures.amplitude_uv <= _LARGEST_UV and measures.has_spike and measures.begins_negative
