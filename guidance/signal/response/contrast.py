"""Contrast: a wave that was absent from an earlier sweep at a comparable current is no artefact.

An artefact appears at every current in proportion to it; a response appears as the current passes the threshold.
"""

from __future__ import annotations

from collections import deque

import numpy as np

_MEMORY = 40
_NOT_ABOVE, _NOT_BELOW = 1.05, 0.57
"""A sweep without a response speaks for one whose charge is comparable, as shares of that. From above it does not:
what is missing there may have been learned as artefact, and then its absence below looks like a response."""

_AMPLITUDES = 1.2
"""In the sweep without it, scaled with the charge, less than so many times its amplitude could hide."""

_ROW, _LEAST_SPAN_LN, _SLOPE_OFF, _MISFIT = 5, 0.45, 0.15, 0.06
"""So many sweeps in a row, over such a span of charges (in ln), whose slope is so near 1, with so small a misfit (in
ln): recruitment is steeper, and then saturates."""

_CHARGES, _DIFFERENT_LN = 3, 0.05
"""A row in proportion has at least so many charges that differ by more than the second (in ln): any two agree with some
slope, so four responses at one current and a smaller one at another would be a row by chance."""


class Contrast:
    """The recent empty sweeps: the charge of each, and the response in uV that could hide in it."""

    def __init__(self) -> None:
        """Begin without any."""
        self._empty: deque[tuple[float, float]] = deque(maxlen=_MEMORY)

    @property
    def has_any(self) -> bool:
        """Whether any sweep was found empty."""
        return bool(self._empty)

    def add(self, charge: float | None, hidden_uv: float) -> None:
        """Add an empty sweep at ``charge``, in which a response of ``hidden_uv`` could hide."""
        self._empty.append((charge or 0.0, hidden_uv))

    def forget(self) -> None:
        """Forget all of them: they were judged by an artefact that was wrong."""
        self._empty.clear()

    def was_absent(self, charge: float | None, amplitude_uv: float) -> bool:
        """Return whether an artefact of ``amplitude_uv`` at ``charge`` would have been seen in an empty sweep."""
        if not charge:
            return any(hidden_uv < _AMPLITUDES * amplitude_uv for _, hidden_uv in self._empty)
        return any(
            hidden_uv * charge < _AMPLITUDES * amplitude_uv * empty
            for empty, hidden_uv in self._empty
            if _NOT_BELOW * charge <= empty <= _NOT_ABOVE * charge
        )


class Proportion:
    """The waves of the last sweeps: whether they grow in proportion to the charge, as an artefact does."""

    def __init__(self) -> None:
        """Begin without any."""
        self._row: deque[tuple[float, float]] = deque(maxlen=_ROW)

    def add(self, charge: float | None, amplitude_uv: float | None) -> bool:
        """Add what was found at ``charge`` (None: nothing, the row ends); return whether the row is in proportion."""
        if not charge or not amplitude_uv:
            self._row.clear()
            return False
        self._row.append((float(np.log(charge)), float(np.log(amplitude_uv))))
        if len(self._row) < _ROW:
            return False
        ln_charge, ln_amplitude = np.array(self._row).T
        charges = 1 + np.count_nonzero(np.diff(np.sort(ln_charge)) > _DIFFERENT_LN)
        if np.ptp(ln_charge) < _LEAST_SPAN_LN or charges < _CHARGES:
            return False
        slope, begin = np.polyfit(ln_charge, ln_amplitude, 1)
        misfit = float(np.std(ln_amplitude - begin - slope * ln_charge))
        return bool(abs(slope - 1.0) < _SLOPE_OFF and misfit < _MISFIT)
