"""The declared range of one input, compared with what its sweeps show: whether it is wrong, or was switched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guidance.common.text import digits
from guidance.signal.sweep.basis import Array

BEYOND_RANGE, BELOW_RANGE = 1.02, 0.97
"""A sample beyond the first share of the declared range, or a rail below the second, shows that the range is another:
rounding of the range, and the noise at a rail, stay within (judgements)."""

_SETTLED = 3
"""A rail counts once so many sweeps that reach it in a row have shown it: one may be chance (a judgement)."""

_SAME, _SWITCHED = 1.1, 1.5
"""Rails within the first factor are one, as a filter after the rail moves its peak; beyond the second the range was
switched: the ranges of amplifiers differ by two or more (a judgement)."""


@dataclass(frozen=True, slots=True)
class RangeFault:
    """What is wrong with the range, as a clause; ``is_grave``: sizes in uV may be wrong, else only the range is."""

    why: str
    is_grave: bool


class RangeMonitor:
    """Watches the rails of one channel; what it found stays, since the sizes measured so far do, too."""

    def __init__(self, range_uv: float | None) -> None:
        """Watch a channel that declares ``range_uv`` (None: it declares none)."""
        self._range_uv = range_uv
        self._settled: dict[int, float] = {}
        self._candidate: dict[int, tuple[float, int]] = {}
        self._switched: tuple[float, float] | None = None
        self._largest_uv = 0.0

    def add(self, rails_uv: Mapping[int, float | None], sweep: Array) -> None:
        """Add a ``sweep`` (n,) in uV as it was sampled; ``rails_uv``: the rail of each polarity, None where it is not
        known. Only a sweep that reaches the rail shows it.
        """
        for sign, rail_uv in rails_uv.items():
            peak_uv = float((sign * sweep).max())
            self._largest_uv = max(self._largest_uv, peak_uv)
            if rail_uv is not None and peak_uv > BELOW_RANGE * rail_uv:
                self._add_rail(sign, rail_uv)

    def _add_rail(self, sign: int, rail_uv: float) -> None:
        last_uv, seen = self._candidate.get(sign, (rail_uv, 0))
        seen = seen + 1 if _factor(rail_uv, last_uv) < _SAME else 1
        self._candidate[sign] = (rail_uv, seen)
        if seen < _SETTLED:
            return
        before_uv = self._settled.get(sign)
        if before_uv is not None and _factor(rail_uv, before_uv) > _SWITCHED:
            self._switched = (before_uv, rail_uv)
        self._settled[sign] = rail_uv

    @property
    def fault(self) -> RangeFault | None:
        """What is wrong with the range, the gravest first; None where nothing is known to be."""
        if self._range_uv and self._largest_uv > BEYOND_RANGE * self._range_uv:
            return RangeFault(f"the signal exceeds the {_mv(self._range_uv)} mV that the device declares", True)
        if self._switched:
            before_uv, now_uv = self._switched
            return RangeFault(f"its limit moved from {_mv(before_uv)} to {_mv(now_uv)} mV", True)
        # Of the other polarity a part that follows the overload may be as constant as a rail, and is smaller.
        limit_uv = max(self._settled.values(), default=None)
        if self._range_uv and limit_uv and limit_uv < BELOW_RANGE * self._range_uv:
            limit, declared = _mv(limit_uv), _mv(self._range_uv)
            return RangeFault(f"its limit is {limit} mV, not the {declared} mV that the device declares", False)
        return None


def _factor(one_uv: float, other_uv: float) -> float:
    return max(one_uv, other_uv) / min(one_uv, other_uv)


def _mv(uv: float) -> str:
    return digits(uv / 1e3, 2)
