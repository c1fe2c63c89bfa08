"""Folders of the user: settings, data, state. An account may have no home, as in containers and services."""

from __future__ import annotations

import codecs
from pathlib import Path

import platformdirs

from guidance.common.errors import UsageError

_APP = "needle-guidance"
_NO_HOME = Path("/nonexistent") / _APP
"""Where nothing is found and nothing can be written (Filesystem Hierarchy: the home of accounts without one)."""


def config_folder() -> Path:
    """Return the folder of the user's settings; one that does not exist for a user without a home."""
    try:
        return platformdirs.user_config_path(_APP, appauthor=False)
    except RuntimeError:
        return _NO_HOME


def data_folder() -> Path:
    """Return the folder of the user's records. Raises UsageError where the user has no home."""
    try:
        return platformdirs.user_data_path(_APP)
    except RuntimeError:
        raise UsageError("This user has no home folder for records; give --store DIR, or set HOME.") from None


def state_folder() -> Path:
    """Return the folder of the user's state; one that does not exist for a user without a home."""
    try:
        return platformdirs.user_state_path(_APP, appauthor=False)
    except RuntimeError:
        return _NO_HOME


def text_of_file(path: Path) -> str:
    """Return the text at ``path``, in UTF-8 or as its byte order mark says: Windows' editors write one.

    Raises OSError, and UnicodeDecodeError where it is no text.
    """
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and len(data) > 2:
        return data.decode("utf-16").replace("\r\n", "\n")
    return data.decode("utf-8-sig").replace("\r\n", "\n")
