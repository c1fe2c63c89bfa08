"""The user's settings, ``config.toml`` in the folder of settings: keys, sounds, colours, defaults. Read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guidance.common.errors import UsageError
from guidance.common.folders import config_folder, text_of_file
from guidance.common.toml import tables_of_toml

TABLES = ("keys", "sounds", "screen", "stop_moment", "note", "start")


@dataclass(frozen=True, slots=True)
class Config:
    """The tables of the file at ``path`` as written; each is checked by the part that uses it."""

    path: Path
    keys: Mapping[str, Any] = field(default_factory=dict)
    sounds: Mapping[str, Any] = field(default_factory=dict)
    screen: Mapping[str, Any] = field(default_factory=dict)
    stop_moment: Mapping[str, Any] = field(default_factory=dict)
    note: Mapping[str, Any] = field(default_factory=dict)
    start: Mapping[str, Any] = field(default_factory=dict)

    def fault(self, table: str, what: str) -> UsageError:
        """Return what is wrong in ``table``, as an error in one sentence."""
        return UsageError(f"{self.path}, [{table}]: {what}")


def config_path() -> Path:
    """Return the path where the settings are sought."""
    return config_folder() / "config.toml"


def load_config(path: Path | None = None) -> Config:
    """Return the settings in the file at ``path``, or the user's; empty ones without a file. Raises UsageError."""
    path = path or config_path()
    try:
        read = tables_of_toml(text_of_file(path))
    except FileNotFoundError:
        return Config(path)
    except OSError as fault:
        raise UsageError(f"The settings {path} cannot be read ({fault.strerror}); mend or remove the file.") from None
    except ValueError as fault:
        raise UsageError(f"The settings {path} are not TOML: {fault}.") from None
    for name, table in read.items():
        if name not in TABLES:
            raise UsageError(f"{path}: there is no table [{name}]; the tables are {', '.join(TABLES)}.")
        if not isinstance(table, dict):
            raise UsageError(f"{path}: {name} is a table; write [{name}] and its settings below.")
    return Config(path, **read)
