"""The response within a sweep: its most probable waveform, its uncertainty, and the artefact beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.signal.response.components import SweepComponents
from guidance.signal.response.matched_filter import SURELY_ALIKE, likeness
from guidance.signal.response.whitening import LowRankInverse, WhitenedBasis, lower_factor
from guidance.signal.sweep.basis import Array

_SIZES = 10.0 ** (np.arange(8) / 2)
"""Sizes of a response that are tried, in units of the noise."""

_MOST_ENLARGED = 2.0
"""An estimate is enlarged by at most this factor: of what keeps less than half its size too little is seen."""


@dataclass(frozen=True, slots=True, eq=False)
class SeparatedSweep:
    """The response: posterior mean and standard deviation (n,), and the artefact and baseline beside it, in uV;
    ``enlargement``: by how much mean and deviation were enlarged for what the artefact took.
    """

    mean: Array
    sd: Array
    nuisance: Array
    enlargement: float = 1.0

    def times(self, unit_uv: float) -> SeparatedSweep:
        """Convert from units of ``unit_uv`` to uV."""
        return SeparatedSweep(unit_uv * self.mean, unit_uv * self.sd, unit_uv * self.nuisance, self.enlargement)

    def enlarged(self, factor: float) -> SeparatedSweep:
        """Enlarge the response, and its uncertainty, by ``factor``."""
        return SeparatedSweep(factor * self.mean, factor * self.sd, self.nuisance, factor)


def split(
    basis: WhitenedBasis,
    residual: Array,
    components: SweepComponents,
    share: float,
    baseline: Array,
    shape: Array | None,
) -> SeparatedSweep:
    """Split ``residual`` (n,), a sweep in ``basis`` and units of the noise, by the covariances of its ``components``.

    The artefact's is taken ``share`` times, the amplifier's recovery as it is; ``baseline`` (n, 2)
    in time. The response's size is the one that makes the sweep most probable (empirical Bayes). The estimate is in
    units of the noise, in time. A posterior mean is too small: it is enlarged by what the same split would take from
    the known ``shape`` (n,) in time; or where it is unlike that, by what the artefact would take from it.
    """
    columns = np.concatenate([np.sqrt(share) * components.columns, components.recovered], axis=1)
    beside = np.concatenate([columns, components.blind], axis=1)
    rough = share * (components.spread - 1.0)
    size = _best_size(residual, beside, 1.0 + rough, basis.response) ** 2 * basis.response
    nuisance_inverse = LowRankInverse(beside, 1.0 + rough + size)
    cause = nuisance_inverse(residual)
    variance = basis.unwhiten_squared @ (size * (1.0 + rough) / nuisance_inverse.spread)
    taken = (nuisance_inverse.taken * size) @ basis.unwhiten.T
    variance += np.einsum("kn,kn->n", taken, taken)
    nuisance = basis.unwhiten @ (columns @ (columns.T @ cause) + rough * cause)
    nuisance = nuisance + baseline @ ((basis.whiten @ baseline).T @ cause)
    mean = basis.unwhiten @ (size * cause)
    separated = SeparatedSweep(mean, np.sqrt(variance), nuisance)
    if shape is not None and likeness(shape, mean) >= SURELY_ALIKE:
        inside, whole = basis.whiten @ shape, shape
    else:
        inside = basis.whiten @ mean
        whole = basis.unwhiten @ (size * inside / nuisance_inverse.spread)
    kept = basis.unwhiten @ (size * nuisance_inverse(inside))
    return separated.enlarged(float(np.clip(np.ptp(whole) / max(float(np.ptp(kept)), 1e-12), 1.0, _MOST_ENLARGED)))


def _best_size(residual: Array, beside: Array, remainder: Array, response: Array) -> float:
    """Return the size of a response that makes ``residual`` (n,) most probable.

    The Cholesky factor of the columns' products, with the residual as the last column, has both the determinant and,
    squared in its last place, what of the residual the columns leave. The determinant grows with the size: once it
    alone exceeds the best sum of both, no larger size can be better.
    """
    bordered = np.column_stack([beside, residual])
    rows = np.ascontiguousarray(bordered.T)
    best, size = np.inf, _SIZES[0]
    for tried in _SIZES:
        weight = 1.0 / (remainder + tried**2 * response)
        products = (rows * weight) @ bordered
        products.flat[: -1 : len(products) + 1] += 1.0
        factor = lower_factor(products).diagonal()
        log_size = 2.0 * float(np.log(factor[:-1]).sum()) - float(np.log(weight).sum())
        if log_size >= best:
            break
        if factor[-1] ** 2 + log_size < best:
            best, size = factor[-1] ** 2 + log_size, tried
    return float(size)
