"""Answers that are the same in every procedure of a site: the table ``[note]`` of the user's ``config.toml``.

They fill in what staff and equipment have in common. Nothing that the stop moment confirms, nothing that was found or
given in this procedure, and nothing about this patient has a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from guidance.common.config import Config
from guidance.common.errors import UsageError
from guidance.note.case_sheet import CaseSheet, read_answer

ORIGIN = "site default"
"""The origin of an answer that nobody entered for this procedure."""
WITH_DEFAULT = (
    "performer", "grade", "supervisor", "position", "premedication", "sedation", "asepsis", "skin_infiltration",
    "needle_tip", "needle_maker", "needle_length_mm", "needle_gauge", "ultrasound", "epinephrine", "adjunct",
    "disposition",
)  # fmt: skip
"""Fields that may have a default: staff, equipment and routine."""
_TABLE, _FOLDER = "note", "folder"


def site_defaults(config: Config) -> dict[str, str]:
    """Return the default answers by field, in their standard form. Raises UsageError."""
    defaults: dict[str, str] = {}
    for key, value in config.note.items():
        if key == _FOLDER:
            continue
        if key not in WITH_DEFAULT:
            known = ", ".join((*WITH_DEFAULT, _FOLDER))
            raise config.fault(_TABLE, f"{key!r} has no default; fields with one are {known}.")
        text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        defaults[key] = read_answer(key, text, f"{config.path}, [{_TABLE}]")
    return defaults


def notes_folder(config: Config) -> Path | None:
    """Return the folder into which each signed note is written as PDF, None where the site sets none.

    Raises UsageError.
    """
    value = config.note.get(_FOLDER)
    if value is None:
        return None
    if not isinstance(value, str) or not Path(value).expanduser().is_dir():
        raise config.fault(_TABLE, f"{_FOLDER} = {value!r} is no folder here; it takes the signed notes.")
    return Path(value).expanduser()


def with_defaults(case: CaseSheet, missing: tuple[str, ...], defaults: Mapping[str, str], now: datetime) -> CaseSheet:
    """Return ``case`` with the defaults of the fields that are ``missing``, each marked with its origin."""
    for key in missing:
        if key in defaults:
            try:
                case = case.with_answer(key, defaults[key], now, f"[{_TABLE}]", origin=ORIGIN)
            except UsageError:
                continue  # refused when it was read
    return case
