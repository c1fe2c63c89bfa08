"""Which values of a sheet are limits, and which way is tighter. A site loosens them only with a reason."""

from __future__ import annotations

import re
from typing import Any

_LOWER_IS_TIGHTER = re.compile(
    r"stimulus\.(start_current_ma|max_current_ma|width_ms|rate_hz|max_rate_hz)"
    r"|injection\.volume_ml|dose\.\w+\.(start_u|range_u|sites|other_range_u)|limits\.\w+\.\w+_max_u"
)
_HIGHER_IS_TIGHTER = re.compile(r"proximity\.lower_bound_ma|response\.direct_before_ms|limits\.\w+\.interval_weeks")


def is_limit(key: str) -> bool:
    """Whether the value under the dotted ``key`` of a sheet is a limit."""
    return bool(_LOWER_IS_TIGHTER.fullmatch(key) or _HIGHER_IS_TIGHTER.fullmatch(key))


def loosens(key: str, old: Any, new: Any) -> bool:
    """Whether ``new`` instead of ``old`` widens the limit under ``key``; a pair counts by its far end.

    None is a limit that is not there: to put one is to tighten, to take it away is to loosen.
    """
    if not is_limit(key) or old is None:
        return False
    if new is None:
        return True
    high = _HIGHER_IS_TIGHTER.fullmatch(key) is not None
    before, after = (
        value if isinstance(value, int | float) else (value[0] if high else value[-1]) for value in (old, new)
    )
    return bool(after < before if high else after > before)
