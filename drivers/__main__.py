"""Check of a package's driver in a process of its own: ``python -m drivers KIND MODULE:CLASS RESULT``.

It writes what is wrong, or null, as JSON to the file RESULT.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from drivers import KINDS, load_driver
from drivers.base import DeviceRefused


def check(word: str, target: str) -> str | None:
    """Import ``target`` as a driver of the kind ``word``; return what is wrong with it, None where it can be used."""
    try:
        load_driver(KINDS[word], target)
    except DeviceRefused as refused:
        return str(refused)
    return None


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(check(*sys.argv[1:3])), encoding="utf-8")
