"""Memory of the process: what is free is returned to the system."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable

RELEASE_S = 60.0
"""Time in s between two releases of free memory: the heap grows by some 0.1 MB meanwhile."""


def release_free() -> bool:
    """Return free memory within the heap to the system; return whether this system can.

    Arrays of every length come and go, and what lives between them keeps the C library's heap growing by some MB an
    hour, though no more of it is in use. A call takes about a millisecond.
    """
    trim = _trim()
    return trim is not None and trim(0) >= 0


@functools.cache
def _trim() -> Callable[[int], int] | None:
    """Return ``malloc_trim`` of the GNU C library; None elsewhere."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
