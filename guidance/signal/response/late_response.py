"""Late responses: a wave of its own at 15 ms or later, with a pause after what came before, as an H-reflex has it.

Where the window ends too early to expect a reflex, a late wave without another before it counts as the response
itself: a distant muscle responds as late.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guidance.signal.response.separation import SeparatedSweep
from guidance.signal.sweep.basis import Array

FROM_MS = 15.0
"""Where late responses begin (H-reflexes of the limbs: 15 to 50 ms)."""

_EARLY_MS, _ROOM_MS, _AWAITED_MS = 10.0, 3.0, 40.0
_PAUSES = ((0.1, 1.2), (0.25, 4.0))
"""A pause is below this share of the wave for so many ms: short and deep, or long."""

_PAUSE_SDS, _WAVE_SDS = 2.5, 4.0
_COMPANY, _AWAITED_COMPANY = 0.2, 0.08
"""A wave that makes a late one of what follows is at least so large beside it: first, then where one is awaited."""


def may_come(window_ms: tuple[float, float]) -> bool:
    """Return whether both an M-wave and a late response have room in ``window_ms``."""
    return window_ms[0] < _EARLY_MS and window_ms[1] >= FROM_MS + _ROOM_MS


def is_awaited(window_ms: tuple[float, float]) -> bool:
    """Return whether a late wave without another before it is a late response."""
    return may_come(window_ms) and window_ms[1] >= _AWAITED_MS


def has_company(
    separated: SeparatedSweep, times: Array, inside: NDArray[np.bool_], begin_ms: float, *, awaited: bool
) -> bool:
    """Return whether a significant wave lies ``inside`` (n,) before the late one that begins at ``begin_ms``."""
    least_share = _AWAITED_COMPANY if awaited else _COMPANY
    size = np.abs(separated.mean)
    before = inside & (times < min(begin_ms, FROM_MS))
    sure = size > np.maximum(_WAVE_SDS * separated.sd, least_share * size[times >= begin_ms].max())
    return bool((sure & before).any())


def begin_ms(separated: SeparatedSweep, times: Array) -> float | None:
    """Return the time in ms at which a late wave begins after a pause, one of ``times`` (n,); None without one."""
    size = np.abs(separated.mean)
    late = np.flatnonzero(times >= FROM_MS)
    if not len(late):
        return None
    peak = int(late[size[late].argmax()])
    if size[peak] < _WAVE_SDS * separated.sd[peak]:
        return None
    for share, pause_ms in _PAUSES:
        still = size[:peak] < np.maximum(share * size[peak], _PAUSE_SDS * separated.sd[:peak])
        needed = max(int(pause_ms / (times[1] - times[0])), 2)
        ends = np.flatnonzero(np.convolve(still, np.ones(needed), "valid") >= needed) + needed - 1
        if len(ends) and times[ends[-1]] >= FROM_MS:
            return float(times[ends[-1]])
    return None
