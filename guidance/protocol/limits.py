"""The limits among the values of a sheet, and their tighter direction. A site loosens a limit only with a reason."""

from __future__ import annotations

import re
from typing import Any

_LOWER_IS_TIGHTER = re.compile(
    r"stimulus\.(start_current_ma|max_current_ma|width_ms|rate_hz|max_rate_hz)"
    r"|injection\.volume_ml|neurolysis\.\w+\.(percent|volume_ml)|neurolytic\.\w+\.(percent|max_mg)|dose\.\w+\.(start_u|range_u|sites|other_range_u)|limits\.\w+\.\w+_max_u"
    r"|anaesthetic\.[^.]+\.max_\w+|epinephrine\.(max_ug|strongest_ug_per_ml)|technique\.aspirate_every_ml"
    r"|patient\.obese_from_bmi"
)
_HIGHER_IS_TIGHTER = re.compile(
    r"proximity\.lower_bound_ma|response\.direct_before_ms"
    r"|anaesthetic\.[^.]+\.least_age_years|epinephrine\.weakest_ug_per_ml|patient\.(light|small)_below_kg"
    r"|toxin\.[^.]+\.reinject_weeks|toxin\.[^.]+\.sessions\.[^.]+\.reinject_weeks"
)
_ANY_CHANGE_LOOSENS = re.compile(r"lipid\..+|anaesthetic\.[^.]+\.obese_weight|toxin\.[^.]+\.limits")
"""Keys without a tighter direction, or whose values are not numbers."""
_ABSENT_IS_TIGHTER = re.compile(r"anaesthetic\.[^.]+\.max_\w+_epinephrine")
"""Keys where an absent value is tighter: the limit without epinephrine applies instead."""


def is_limit(key: str) -> bool:
    """Return whether the value under the dotted ``key`` of a sheet is a limit."""
    patterns = (_LOWER_IS_TIGHTER, _HIGHER_IS_TIGHTER, _ANY_CHANGE_LOOSENS)
    return any(pattern.fullmatch(key) for pattern in patterns)


def loosens(key: str, old: Any, new: Any) -> bool:
    """Return whether ``new`` instead of ``old`` widens the limit under ``key``; a pair counts by its wider end.

    None is an absent limit: adding a limit tightens, removing it loosens.
    """
    if _ANY_CHANGE_LOOSENS.fullmatch(key):
        return True
    if _ABSENT_IS_TIGHTER.fullmatch(key) and None in (old, new):
        return old is None
    if not is_limit(key) or old is None:
        return False
    if new is None:
        return True
    high = _HIGHER_IS_TIGHTER.fullmatch(key) is not None
    before, after = (
        value if isinstance(value, int | float) else (value[0] if high else value[-1]) for value in (old, new)
    )
    return bool(after < before if high else after > before)
