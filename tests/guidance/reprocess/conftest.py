from __future__ import annotations

from pathlib import Path

import pytest

from tests.guidance.session.virtual import VirtualBench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VirtualBench:
    return VirtualBench(tmp_path, monkeypatch)
