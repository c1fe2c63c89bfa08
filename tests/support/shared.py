"""The place of real recordings and device bytes; a test is skipped, with the reason, where they are absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[3] / "shared"


def shared(relative: str) -> Path:
    """Find ``relative`` (such as ``data/streams/x.edf``) in the shared folder; skips the test where it is absent.

    ``$NEEDLE_GUIDANCE_DATA`` names another place for what lies under ``data/``.
    """
    data = os.environ.get("NEEDLE_GUIDANCE_DATA")
    path = _BESIDE / relative
    if data and relative.startswith("data/"):
        path = Path(data) / relative.removeprefix("data/")
    if not path.exists():
        pytest.skip(f"needs {relative} of the shared recordings, which are not on this machine ({path})")
    return path
