"""A recursive filter, frame by frame, in numpy alone: scipy would take a second to import."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Sections = tuple[tuple[float, ...], ...]
"""Second-order sections as in scipy.signal, each b0, b1, b2, 1, a1, a2."""

Array = NDArray[np.float64]


class BlockFilter:
    """A filter for frames of one length, with zero initial state.

    Output and next state are linear in state and input, so one matrix computes all steps of the recursion.
    """

    def __init__(self, sections: Sections, frame: int) -> None:
        """Filter by ``sections``, ``frame`` samples at a time."""
        self._frame = frame
        self._matrix = _steps(sections, frame)
        self._state = np.zeros(2 * len(sections))

    def filter(self, samples: Array) -> Array:
        """Filter the next frame of ``samples`` (frame,)."""
        both = self._matrix @ np.concatenate([self._state, samples])
        self._state = both[self._frame :]
        return np.asarray(both[: self._frame])


def _steps(sections: Sections, frame: int) -> Array:
    """Return the matrix: rows are the ``frame`` outputs and the next state, columns the state and the input."""
    basis = np.eye(2 * len(sections) + frame)
    state = list(basis[: 2 * len(sections)])
    outputs = []
    for value in basis[2 * len(sections) :]:
        for i, (b0, b1, b2, _, a1, a2) in enumerate(sections):
            result = b0 * value + state[2 * i]
            state[2 * i] = b1 * value - a1 * result + state[2 * i + 1]
            state[2 * i + 1] = b2 * value - a2 * result
            value = result  # noqa: PLW2901 - the output of a section is the input of the next
        outputs.append(value)
    return np.array([*outputs, *state])
