"""Spans of samples that a file cannot hold as they came: values that are no numbers, and values beyond the range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.base import Samples

SKIPPED = "BAD_ACQ_SKIP"
"""MNE's annotation of a time in which nothing was acquired; with ``@@`` and a label, of that channel alone."""
BEYOND = "BAD_BEYOND_RANGE"
_STEP_SHARE = 1e-3
"""The last step of a converter may lie so far beyond its stated range: that is its end, and loses nothing."""


@dataclass(frozen=True, slots=True)
class FlawedSpan:
    """Samples from ``first`` to ``stop`` (exclusive) with the annotation ``text``."""

    first: int
    stop: int
    text: str


class FlawFinder:
    """Finds the spans in a stream of samples; a long one comes in pieces, so that a power cut loses none of it."""

    def __init__(self, labels: Sequence[str], ranges_uv: Sequence[float], longest: int) -> None:
        """Watch channels with ``labels`` and ``ranges_uv``; a piece has at most ``longest`` samples."""
        self._limits = np.array(ranges_uv) * (1 + _STEP_SHARE)
        self._longest = longest
        self._texts = [SKIPPED, *(f"{SKIPPED}@@{each}" for each in labels), *(f"{BEYOND}@@{each}" for each in labels)]
        self._open: dict[int, int] = {}
        self.beyond: set[int] = set()

    def feed(self, first: int, samples: Samples) -> Iterator[FlawedSpan]:
        """Yield the spans that end in ``samples`` (n, channels), the first of which is number ``first``."""
        with np.errstate(invalid="ignore"):
            is_sound = bool((np.abs(samples) <= self._limits).all())
        if is_sound and not self._open:
            return
        flags = self._flags(samples)
        for column in np.flatnonzero(flags.any(axis=0) | np.isin(np.arange(flags.shape[1]), list(self._open))).tolist():
            yield from self._spans(column, first, flags[:, column])

    def close(self, end: int) -> Iterator[FlawedSpan]:
        """Yield the spans that are open at sample ``end``."""
        for column in list(self._open):
            yield FlawedSpan(self._open.pop(column), end, self._texts[column])

    def _flags(self, samples: Samples) -> NDArray[np.bool_]:
        missing = np.isnan(samples)
        everywhere = missing.all(axis=1, keepdims=True)
        beyond = ~missing & (np.abs(np.nan_to_num(samples)) > self._limits)
        self.beyond |= set(np.flatnonzero(beyond.any(axis=0)).tolist())
        return np.concatenate([everywhere, missing & ~everywhere, beyond], axis=1)

    def _spans(self, column: int, first: int, flags: NDArray[np.bool_]) -> Iterator[FlawedSpan]:
        was_open = column in self._open
        edges = np.flatnonzero(np.diff(np.concatenate([[was_open], flags, [False]]).astype(np.int8)))
        for at in (edges[:-1] if flags[-1] else edges).tolist():
            if column in self._open:
                yield FlawedSpan(self._open.pop(column), first + at, self._texts[column])
            else:
                self._open[column] = first + at
        end = first + len(flags)
        if column in self._open and end - self._open[column] >= self._longest:
            yield FlawedSpan(self._open[column], end, self._texts[column])
            self._open[column] = end
