"""Whether what stands out in a sweep was absent from one before, at a comparable current: artefacts never are.

An artefact appears at every current in proportion to it; a response appears as the current passes the threshold.
"""

from __future__ import annotations

from collections import deque

_MEMORY = 40
_NOT_ABOVE = 1.05
"""A sweep without a response speaks for one at this charge or above. From above it does not: what is missing there may
have been learned as artefact, and then its absence below looks like a response."""

_AMPLITUDES = 1.2
"""In the sweep without it, scaled with the charge, less than so many times its amplitude could hide."""


class Contrast:
    """The sweeps lately found empty: their charge, and how large a response in uV could hide in each."""

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

    def lacked(self, charge: float | None, amplitude_uv: float) -> bool:
        """Return whether an artefact of ``amplitude_uv`` at ``charge`` would have been seen in an empty sweep."""
        if not charge:
            return any(hidden_uv < _AMPLITUDES * amplitude_uv for _, hidden_uv in self._empty)
        return any(
            hidden_uv * charge < _AMPLITUDES * amplitude_uv * empty
            for empty, hidden_uv in self._empty
            if 0 < empty <= _NOT_ABOVE * charge
        )
