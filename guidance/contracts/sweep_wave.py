"""The samples of one sweep, for what compares the shapes of responses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SweepSamples = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SweepWave:
    """A sweep without artefact, mains and baseline: ``uv`` (n,) in uV at steps of ``step_ms`` from ``start_ms`` after
    the pulse on.
    """

    start_ms: float
    step_ms: float
    uv: SweepSamples

    def until(self, ms: float | None) -> SweepSamples:
        """Return the samples before ``ms`` after the pulse; all of them for None."""
        count = len(self.uv) if ms is None else max(round((ms - self.start_ms) / self.step_ms), 0)
        return self.uv[:count]
