"""Free memory goes back to the system where it can."""

from __future__ import annotations

import platform
import resource
from pathlib import Path

import numpy as np
import pytest

from guidance.common.memory import release_free


def resident_mb() -> float:
    """Return the resident memory of this process in MB (Linux)."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() / 2**20


def test_release_reports_whether_the_system_can() -> None:
    assert release_free() is (platform.libc_ver()[0] == "glibc")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs the GNU C library")
def test_free_memory_between_what_lives_is_returned() -> None:
    blocks = [np.ones(3000) for _ in range(4000)]
    kept = blocks[::400]
    before_mb = resident_mb()
    blocks.clear()
    release_free()
    assert len(kept) == 10
    assert resident_mb() < before_mb - 60
