"""A recursive filter a frame at a time, by numpy alone: what scipy would do, without the second it takes to load."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Sections = tuple[tuple[float, ...], ...]
"""Second-order sections as scipy.signal has them: b0, b1, b2, 1, a1, a2 each."""

Array = NDArray[np.float64]


class BlockFilter:
    """Filters frames of one length, from rest on.

    Output and next state are linear in state and input: one matrix, made once, holds all steps of the recursion.
    """

    def __init__(self, sections: Sections, frame: int) -> None:
        """Filter by ``sections``, ``frame`` samples at a time."""
        self._frame = frame
        self._matrix = _steps(sections, frame)
        self._state = np.zeros(2 * len(sections))

    def filter(self, samples: Array) -> Array:
        """The next frame of ``samples`` (frame,), filtered."""
        both = self._matrix @ np.concatenate([self._state, samples])
        self._state = both[self._frame :]
        return np.asarray(both[: self._frame])


def _steps(sections: Sections, frame: int) -> Array:
    """Rows: the ``frame`` outputs, then the state after them; columns: the state before, then the input."""
    basis = np.eye(2 * len(sections) + frame)
    state = list(basis[: 2 * len(sections)])
    outputs = []
    for value in basis[2 * len(sections) :]:
        for i, (b0, b1, b2, _, a1, a2) in enumerate(sections):
            result = b0 * value + state[2 * i]
            state[2 * i] = b1 * value - a1 * result + state[2 * i + 1]
            state[2 * i + 1] = b2 * value - a2 * result
            value = result  # noqa: PLW2901 - what one section puts out, the next takes in
        outputs.append(value)
    return np.array([*outputs, *state])
