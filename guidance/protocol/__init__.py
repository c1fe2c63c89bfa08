"""Protocols: the target, stimulus and response of a procedure, one TOML file each in ``protocols/``.

Reading order: ``ranges`` (units), ``sheet`` (the file), ``reading``, ``consistency``, ``model`` (the values that a
procedure runs with), ``limits`` and ``overrides`` (a site's changes), ``library``, ``search``, ``diff``, ``display``,
``draft``, ``citation_share``.
"""

from guidance.citations import ProtocolError
from guidance.protocol.library import all_names, load, names, site_folder
from guidance.protocol.model import (
    DEFAULT_CRITERION_UV,
    DEFAULT_LOWER_BOUND_MA,
    DEFAULT_TARGET_MA,
    Change,
    MuscleWindow,
    NeedleEmgPlan,
    Protocol,
)
from guidance.protocol.ranges import LATEST_WINDOW_MS
from guidance.protocol.reading import check_window, parse
from guidance.protocol.search import resolve
from guidance.protocol.sheet import EffortPhase

__all__ = [
    "DEFAULT_CRITERION_UV", "DEFAULT_LOWER_BOUND_MA", "DEFAULT_TARGET_MA", "LATEST_WINDOW_MS", "Change", "EffortPhase",
    "MuscleWindow", "NeedleEmgPlan", "Protocol", "ProtocolError", "all_names", "check_window", "load", "names", "parse",
    "resolve", "site_folder",
]  # fmt: skip
