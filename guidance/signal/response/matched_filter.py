"""Matched filters over a whitened sweep, blind to what is not a response.

Generalised least squares: a shape times the inverse covariance of all that is not response (noise, baseline, artefact)
gives a score of unit variance where there is none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guidance.signal.response.null_distribution import NullDistribution
from guidance.signal.response.whitening import LowRankInverse, WhitenedBasis
from guidance.signal.sweep.arrays import median, medians
from guidance.signal.sweep.basis import Array, spans

_SPREAD_WEIGHT = 60.0
"""The spread of the scores is an average over so many of the newest null windows (a judgement, unsourced)."""

_OUTLIER = 9.0
"""A squared score counts in that average at most as so many variances: three standard deviations."""

_POWER_95 = 1.64
"""95 % point of the standard normal distribution."""

_LAGS = (-2, -1, 0, 1, 2)
"""Shifts in samples at which the learned shape is compared, for latencies that vary (a judgement, unsourced)."""

_KNOWN_SHARE = 0.7
"""Share of the level of the test that the learned shape has; the rest is for unknown shapes
(a judgement, unsourced).
"""

_SHAPE_MEMORY = 10
"""The learned shape is the mean of so many of the newest trusted responses (a judgement, unsourced)."""

_SURE_FROM, _ALIKE_FROM, _ALIKE = 2, 3, 0.8
"""A shape is learned from so many sure responses, or from so many whose shapes correlate by more than this
(judgements, unsourced).
"""

ALIKE, SURELY_ALIKE = 0.7, 0.8
"""Correlation with the trusted shape from which a wave is known; and from which it is no part of a contraction, some of
whose waves resemble any shape (judgements on the tuning worlds)."""

_LEAST_POWER = 1e-9
"""Least power that a filter keeps, relative to that of its pair: only against division by zero."""

_OVERLAP_MS = 1.0
"""Shapes before and after a time may reach so far beyond it, in ms (a judgement, unsourced)."""


@dataclass(frozen=True, slots=True, eq=False)
class FilterBank:
    """Filters for pairs of shapes beside a nuisance: the first of each pair is blind to the second.

    ``mix``, ``first`` and ``second`` (pairs,) make two scores of unit variance of the products with the two shapes.
    """

    mix: Array
    first: Array
    second: Array

    @classmethod
    def of(cls, grams: Array) -> FilterBank:
        """For pairs with products ``grams`` (3, pairs): first by itself, both, second by itself."""
        a, b, c = grams
        least = _LEAST_POWER * (a + c) + 1e-30
        c = np.maximum(c, least)
        return cls(b / c, np.sqrt(np.maximum(a - b * b / c, least)), np.sqrt(c))

    def scores(self, products: Array) -> Array:
        """Scores (..., pairs, 2) of the ``products`` (..., 2 * pairs) of sweeps with the shapes."""
        pairs = products.reshape(*products.shape[:-1], -1, 2)
        of_second = pairs[..., 1]
        scores = np.empty_like(pairs)
        np.divide(pairs[..., 0] - self.mix * of_second, self.first, out=scores[..., 0])
        np.divide(of_second, self.second, out=scores[..., 1])
        return scores


@dataclass(frozen=True, slots=True, eq=False)
class FilterVerdict:
    """P-value of a sweep; and the peak-to-peak size, in units of the noise, of the largest response that could hide in
    it to 95 %, at the median of all places and widths.

    ``hidden`` judges each place by its own statistic: what an empty sweep rules out. ``hidden_by_largest`` judges all
    places by the largest statistic: a wave that is not significant may itself be a response. ``hidden_by_noise``: how
    large ``hidden`` would be beside noise alone. ``statistics`` (pairs,): one of each pair of shapes.
    """

    p_value: float
    hidden: float
    hidden_by_largest: float
    hidden_by_noise: float
    statistics: Array


def pair_grams(shapes: Array) -> Array:
    """Products (3, pairs) among the pairs of ``shapes`` (n, 2 * pairs)."""
    squares = np.einsum("nk,nk->k", shapes, shapes)
    return np.array([squares[0::2], np.einsum("nk,nk->k", shapes[:, 0::2], shapes[:, 1::2]), squares[1::2]])


class FilterFamily:
    """The statistic for a response of unknown shape: the largest of pairs of filters, at all widths and places."""

    def __init__(self, shapes: Array, times: Array) -> None:
        """For pairs of ``shapes`` (pairs, 2, n) at ``times`` (n,) in ms."""
        self._in_time, self._spans = shapes, spans(shapes, times)
        self._heights = np.ptp(shapes[:, 0], axis=1)
        self._spread = np.ones(shapes.shape[:2])
        self._seen = 0.0
        self.null = NullDistribution(len(shapes) / 2, 2)

    def renew(self, basis: WhitenedBasis) -> None:
        """Change to the coordinates of ``basis``."""
        self._shapes = basis.whiten @ self._in_time.reshape(-1, self._in_time.shape[2]).T
        self._in_noise = FilterBank.of(pair_grams(self._shapes))
        one, two = self._shapes[:, 0::2], self._shapes[:, 1::2]
        self._products = np.concatenate([one * one, one * two, two * two], axis=1)

    def learn(self, windows: Array) -> None:
        """Take in stimulus-free ``windows`` (m, n) in the space."""
        scores = self._in_noise.scores(windows @ self._shapes)
        squares = scores**2
        self.null.learn(_pair_sums(squares / self._spread).max(axis=1))
        usual = np.minimum(squares, _OUTLIER * self._spread).mean(axis=0)
        self._seen = min(self._seen + len(windows), _SPREAD_WEIGHT)
        self._spread += (usual - self._spread) * len(windows) / (self._seen + len(windows) + 20.0)

    def prepare_for(self, nuisance_inverse: LowRankInverse) -> FilterBank:
        """Return the filters for sweeps whose covariance without a response ``nuisance_inverse`` inverts."""
        seen = ((1.0 / nuisance_inverse.spread) @ self._products).reshape(3, -1)
        return FilterBank.of(seen - pair_grams(nuisance_inverse.explained(self._shapes)))

    def judge(self, weighted: Array, filters: FilterBank) -> FilterVerdict:
        """Judge a ``weighted`` sweep (n,) by ``filters``."""
        scores = filters.scores(weighted @ self._shapes)
        statistics = _pair_sums(scores**2 / self._spread)
        statistic = float(statistics.max())
        reach = np.sqrt(statistics * self._spread[:, 0]) + _POWER_95
        reach_of_largest = np.sqrt(statistic * self._spread[:, 0]) + _POWER_95
        sizes = np.array([reach / filters.first, reach_of_largest / filters.first, reach / self._in_noise.first])
        hidden, hidden_by_largest, by_noise = medians(sizes * self._heights).tolist()
        return FilterVerdict(self.null.p_value(statistic), hidden, hidden_by_largest, by_noise, statistics)

    def p_values_about(self, end_ms: float, begin_ms: float, judgement: FilterVerdict) -> tuple[float, float]:
        """P-values of what ends by ``end_ms`` and of what begins from ``begin_ms`` on, by the whole sweep's null."""
        before = self._spans[:, 1] <= end_ms + _OVERLAP_MS
        after = self._spans[:, 0] >= begin_ms - _OVERLAP_MS
        early, late = (float(judgement.statistics[part].max(initial=0.0)) for part in (before, after))
        return self.null.p_value(early), self.null.p_value(late)


class LearnedTemplate:
    """The statistic for the shape that this muscle has shown, at its latency within two samples."""

    def __init__(self) -> None:
        """Begin without a shape."""
        self._shape: Array | None = None
        self._responses: deque[Array] = deque(maxlen=_SHAPE_MEMORY)
        self._sure: deque[bool] = deque(maxlen=_SHAPE_MEMORY)
        self._spread = 1.0
        self.null = NullDistribution(len(_LAGS) / 2, 1)

    @property
    def ready(self) -> bool:
        """Whether enough responses were seen to know the shape."""
        return self._shape is not None

    @property
    def shape(self) -> Array | None:
        """The shape (n,) in time, of norm about 1; None until it is known."""
        return self._shape

    @property
    def is_sure(self) -> bool:
        """Whether two sure responses at least are known, all alike."""
        sure = [shape for shape, certain in zip(self._responses, self._sure, strict=True) if certain]
        return len(sure) >= _SURE_FROM and all(_likeness(shape, sure[-1]) > _ALIKE for shape in sure)

    def hidden(self, weighted: Array, sizes: Array) -> float:
        """Peak-to-peak, in units of the noise, of the largest response of this shape that could hide, to 95 %."""
        scores = weighted @ self._shapes / sizes
        reach = max(float(scores.max()), 0.0) + _POWER_95 * float(np.sqrt(max(self._spread, 0.25)))
        height = 0.0 if self._shape is None else float(np.ptp(self._shape))
        return reach / median(sizes) * height

    def likeness(self, response: Array) -> float:
        """Correlation of ``response`` (n,) in time with the shape; 0 where none is known."""
        return 0.0 if self._shape is None else likeness(self._shape, response)

    def learn(self, response: Array, basis: WhitenedBasis, windows: Sequence[Array], *, sure: bool) -> None:
        """Learn a likely ``response`` (n,) in time; ``windows`` are stimulus-free, in time and units of the noise.

        The shape is known from two sure responses, or from three alike among the last.
        """
        self._responses.append(response / max(float(np.linalg.norm(response)), 1e-12))
        self._sure.append(sure)
        shifted = np.stack([_shifted(self._responses[-1], lag) for lag in _LAGS], axis=1)
        likenesses = (np.array(self._responses) @ shifted).max(axis=1).tolist()
        alike = [shape for shape, alike in zip(self._responses, likenesses, strict=True) if alike > _ALIKE]
        if sure and sum(self._sure) >= _SURE_FROM:
            alike = [shape for shape, certain in zip(self._responses, self._sure, strict=True) if certain]
        elif len(alike) < _ALIKE_FROM:
            return
        self._shape = np.mean(alike, axis=0)
        self.renew(basis, windows)

    def renew(self, basis: WhitenedBasis, windows: Sequence[Array]) -> None:
        """Change to the coordinates of ``basis``, and learn the statistic of null ``windows`` for the present shape."""
        if self._shape is None:
            return
        self._shapes = basis.whiten @ np.stack([_shifted(self._shape, lag) for lag in _LAGS], axis=1)
        if len(windows):
            scores = np.array(windows) @ (basis.whiten.T @ self._shapes) / _sizes(self._shapes)
            self._spread = float(np.mean(np.minimum(scores**2, _OUTLIER)))
            self.null.renew(self._statistic(scores))

    def prepare_for(self, nuisance_inverse: LowRankInverse) -> Array:
        """Return the standard deviations (lags,) of weighted sweeps' products with the shape, without a response."""
        explained = nuisance_inverse.explained(self._shapes)
        power = (1.0 / nuisance_inverse.spread) @ self._shapes**2 - np.einsum("kn,kn->n", explained, explained)
        return np.asarray(np.sqrt(np.maximum(power, 1e-12)))

    def p_value(self, weighted: Array, sizes: Array) -> float:
        """P-value of a ``weighted`` sweep (n,); ``sizes`` as ``prepare_for`` gave them."""
        return self.null.p_value(float(self._statistic((weighted @ self._shapes / sizes)[None])[0]))

    def _statistic(self, scores: Array) -> Array:
        """Largest squared score of the right sign, of each row of ``scores`` (m, lags)."""
        return np.asarray(np.maximum(scores.max(axis=1), 0.0) ** 2 / max(self._spread, 0.25))


def combined(unknown: float, known: float | None) -> float:
    """Combine the two p-values; the known shape gets most of the false-positive rate."""
    if known is None:
        return unknown
    return min(known / _KNOWN_SHARE, unknown / (1.0 - _KNOWN_SHARE), 1.0)


def likeness(one: Array, other: Array) -> float:
    """Largest correlation of two waves (n,) of any size, at the lags that a known shape may have; 0 where one is 0."""
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return _likeness(one, other) / size if size > 0 else 0.0


def _likeness(one: Array, other: Array) -> float:
    """Largest correlation of two shapes of unit norm, at the lags that a known shape may have."""
    count = len(one)
    return max(
        float(one[max(-lag, 0) : count - max(lag, 0)] @ other[max(lag, 0) : count + min(lag, 0)]) for lag in _LAGS
    )


def _pair_sums(values: Array) -> Array:
    """Return the sums (..., pairs) of ``values`` (..., pairs, 2); numpy is slow along an axis of two."""
    return np.asarray(values[..., 0] + values[..., 1])


def _sizes(shapes: Array) -> Array:
    return np.asarray(np.maximum(np.linalg.norm(shapes, axis=0), 1e-6))


def _shifted(shape: Array, lag: int) -> Array:
    out = np.zeros_like(shape)
    if lag >= 0:
        out[lag:] = shape[: len(shape) - lag]
    else:
        out[:lag] = shape[-lag:]
    return out
