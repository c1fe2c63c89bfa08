"""What is read off an estimated response: amplitude, onset, and whether it can be one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guidance.signal.basis import Array
from guidance.signal.split import Estimate

_ONSET_SHARE, _ONSET_SDS = 0.03, 3.0
_ENDING_MS, _UNFINISHED = 2.0, 0.25
_AT_ONCE, _AT_ONCE_SHARE, _AT_ONCE_SDS = 2, 0.4, 4.0


def peak_to_peak(found: Estimate, inside: NDArray[np.bool_]) -> tuple[float, float]:
    """Peak-to-peak amplitude in uV where ``inside`` (n,), and its standard deviation."""
    if not inside.any():
        return 0.0, 0.0
    mean, sd = found.mean[inside], found.sd[inside]
    high, low = int(mean.argmax()), int(mean.argmin())
    return float(mean[high] - mean[low]), float(np.hypot(sd[high], sd[low]))


def onset_ms(found: Estimate, times: Array, inside: NDArray[np.bool_]) -> float:
    """Onset latency in ms: back from the first large peak to where the response leaves the baseline."""
    size = np.abs(np.where(inside, found.mean, 0.0))
    peak = int(np.argmax(size >= 0.5 * size.max()))
    low = np.flatnonzero(size[: peak + 1] < np.maximum(_ONSET_SHARE * size.max(), _ONSET_SDS * found.sd[: peak + 1]))
    return float(times[low[-1] if len(low) else 0])


def still_running(found: Estimate, amplitude_uv: float, times: Array) -> bool:
    """Whether more than a quarter of the response is still there in the last 2 ms of the window."""
    ending = np.abs(found.mean[times > times[-1] - _ENDING_MS])
    return bool(ending.max() > _UNFINISHED * amplitude_uv)


def begins_at_once(found: Estimate, inside: NDArray[np.bool_]) -> bool:
    """Whether what was found is large from the first sample on: no muscle answers so, but an unknown artefact does."""
    size, sd = np.abs(found.mean[inside]), found.sd[inside]
    sure = size[:_AT_ONCE] > _AT_ONCE_SDS * sd[:_AT_ONCE]
    return bool(len(size) and (sure & (size[:_AT_ONCE] > _AT_ONCE_SHARE * size.max())).any())
