"""Strength and duration at a point source by the model of Sweeney, Mortimer and Durand (1987), as a second opinion.

``python -m tests.worlds.sweeney`` prints thresholds and chronaxies. A myelinated axon of 12 um, membrane at its
nodes only, rabbit kinetics at 37 degrees in the units of the paper (mV from rest, ms, uF/cm2, mS/cm2); the medium has
4 ohm m, as the fibre table's. Thresholds are means over the alignments of electrode and node.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DIAMETER_UM = 12.0
DISTANCES_MM = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0)
WIDTHS_MS = (0.05, 0.1, 0.3, 1.0)
ALIGNMENTS = (0.0, 0.25, 0.5)

_NODES, _SPACING_MM, _NODE_CM = 61, 0.1 * DIAMETER_UM, 1.5e-4
_AXON_CM = 0.6 * DIAMETER_UM * 1e-4
_AXIAL_KOHM_CM, _MEDIUM_OHM_MM = 0.0547, 4000.0
_CAPACITY, _SODIUM, _LEAK, _SODIUM_MV, _LEAK_MV = 2.5, 1445.0, 128.0, 115.0, -0.01
_STEP_MS, _AFTER_MS, _FIRED_MV, _BOUND_MV = 0.001, 0.8, 60.0, 400.0
_FIRST_MA, _FACTOR, _BISECTIONS = 0.005, 1.5, 9


def thresholds_ma(distances_mm: Array, widths_ms: Array, offsets_mm: Array) -> Array:
    """Cathodic threshold currents (cases,) in mA, to a thousandth; ``offsets_mm`` is the way from the electrode along
    the axon to the next node.
    """
    nodes = np.arange(_NODES) - _NODES // 2
    away = np.hypot(nodes * _SPACING_MM + offsets_mm[:, None], distances_mm[:, None])
    field_mv = -_MEDIUM_OHM_MM / (4 * np.pi * away)
    first, found = np.full(len(widths_ms), _FIRST_MA), np.zeros(len(widths_ms), bool)
    while not found.all():  # upward, for far above the threshold the field blocks what it excites
        first = np.where(found, first, _FACTOR * first)
        found |= _fires(first[:, None] * field_mv, widths_ms)
    low, high = first / _FACTOR, first
    for _ in range(_BISECTIONS):
        middle = np.sqrt(low * high)
        fired = _fires(middle[:, None] * field_mv, widths_ms)
        low, high = np.where(fired, low, middle), np.where(fired, middle, high)
    return np.asarray(np.sqrt(low * high))


def _fires(outside_mv: Array, widths_ms: Array) -> NDArray[np.bool_]:
    """Whether a spike travels to the sixth node before the last, for potentials (cases, nodes) of so long a pulse."""
    coupling = np.pi * _AXON_CM**2 / (4 * _AXIAL_KOHM_CM * 0.1 * _SPACING_MM) / (np.pi * _AXON_CM * _NODE_CM)
    driven = coupling * _second_difference(outside_mv)
    v, m, h = np.zeros_like(outside_mv), np.full_like(outside_mv, 0.00331), np.full_like(outside_mv, 0.7503)
    fired = np.zeros(len(outside_mv), bool)
    for step in range(round((widths_ms.max() + _AFTER_MS) / _STEP_MS)):
        on = (step * _STEP_MS < widths_ms - 1e-9)[:, None]
        flow = coupling * _second_difference(v) + driven * on - _SODIUM * m**2 * h * (v - _SODIUM_MV)
        flow -= _LEAK * (v - _LEAK_MV)
        a, b = _rates_m(v)
        m = m + (a / (a + b) - m) * -np.expm1(-_STEP_MS * (a + b))
        a, b = _rates_h(v)
        h = h + (a / (a + b) - h) * -np.expm1(-_STEP_MS * (a + b))
        v = np.clip(v + _STEP_MS * flow / _CAPACITY, -_BOUND_MV, _BOUND_MV)
        fired |= v[:, -6] > _FIRED_MV
    return fired


def _second_difference(v: Array) -> Array:
    """Along the nodes; both ends are sealed."""
    padded = np.pad(v, ((0, 0), (1, 1)), mode="edge")
    return np.asarray(padded[:, 2:] - 2 * v + padded[:, :-2])


def _rates_m(v: Array) -> tuple[Array, Array]:
    a = (97 + 0.363 * v) / (1 + np.exp((31 - v) / 5.3))
    return a, a / np.exp((v - 23.8) / 4.17)


def _rates_h(v: Array) -> tuple[Array, Array]:
    b = 15.6 / (1 + np.exp((24 - v) / 10))
    return b / np.exp((v - 5.5) / 5), b


@cache
def table() -> tuple[tuple[float, ...], ...]:
    """Thresholds in mA (distances, widths), the mean over alignments."""
    shape = np.meshgrid(DISTANCES_MM, WIDTHS_MS, ALIGNMENTS, indexing="ij")
    cases = [axis.ravel() for axis in shape]
    found = thresholds_ma(cases[0], cases[1], cases[2] * _SPACING_MM)
    return tuple(map(tuple, found.reshape(shape[0].shape).mean(axis=2).tolist()))


def ratios(thresholds: tuple[float, ...]) -> tuple[float, ...]:
    """Thresholds over that at 0.1 ms."""
    return tuple(current / thresholds[WIDTHS_MS.index(0.1)] for current in thresholds)


def chronaxie_ms(thresholds: tuple[float, ...]) -> float:
    """Weiss's chronaxie, fitted to relative errors over the widths."""
    widths, currents = np.array(WIDTHS_MS), np.array(thresholds)
    line = np.column_stack([np.ones_like(widths), 1 / widths]) / currents[:, None]
    rheobase, charge = np.linalg.lstsq(line, np.ones_like(widths), rcond=None)[0]
    return float(charge / rheobase)


def main() -> None:
    """Print a row for each distance."""
    print("Sweeney (1987), axon of 12 um: threshold in mA (and over that at 0.1 ms) at each width; Weiss's chronaxie")
    print(f"{'':>10}" + "".join(f"{f'{width:g} ms':>16}" for width in WIDTHS_MS))
    for distance, row in zip(DISTANCES_MM, table(), strict=True):
        cells = "".join(f"{current:>8.3f} ({ratio:.3f})" for current, ratio in zip(row, ratios(row), strict=True))
        print(f"{distance:>7g} mm{cells}{1e3 * chronaxie_ms(row):>8.0f} us")


if __name__ == "__main__":
    main()
