"""Free memory goes back to the system where it can."""

from __future__ import annotations

import platform

import numpy as np
import pytest

from guidance.common.memory import release_free
from tests.benchmarks.bench_soak import usage_of


def test_release_reports_whether_the_system_can() -> None:
    assert release_free() is (platform.libc_ver()[0] == "glibc")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs the GNU C library")
def test_free_memory_between_what_lives_is_returned() -> None:
    import os

    blocks = [np.ones(3000) for _ in range(4000)]
    kept = blocks[::400]
    before_mb = usage_of(os.getpid(), 0.0).memory_mb
    blocks.clear()
    release_free()
    assert len(kept) == 10
    assert usage_of(os.getpid(), 0.0).memory_mb < before_mb - 60
