"""TOML as tables, with one error for all that a file can hold that is not TOML."""

from __future__ import annotations

import tomllib
from typing import Any


class NotToml(ValueError):
    """The text is not TOML, or holds a value that no program can use; the message says what and where."""


def tables_of_toml(text: str) -> dict[str, Any]:
    """Return the tables in ``text``. Raises NotToml.

    Beside its own error tomllib raises those of Python: for a whole number of over 4,300 digits, for a date that does
    not exist, and for values nested too deeply.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise NotToml(str(fault)) from None
    except RecursionError:
        raise NotToml("its values are nested too deeply") from None
    except ValueError as fault:
        digits = "integer string conversion" in str(fault)
        raise NotToml("a whole number has thousands of digits" if digits else str(fault)) from None
