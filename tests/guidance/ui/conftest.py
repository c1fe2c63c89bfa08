from __future__ import annotations

from collections.abc import Iterator

import pytest

from guidance.ui.fault_file import LOGGER
from guidance.ui.key_timing import Bursts
from tests.support.screens import FakeLink


@pytest.fixture
def link() -> Iterator[FakeLink]:
    link = FakeLink()
    yield link
    link.close()


@pytest.fixture(autouse=True)
def _no_display_fault(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail with every display fault, unless the test's marker expects one: the screen itself goes on."""
    yield
    if not request.node.get_closest_marker("display_fault"):
        faults = [record.getMessage() for record in caplog.get_records("call") if record.name == LOGGER]
        assert not faults


@pytest.fixture(autouse=True)
def _keys_of_tests_are_presses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take keys as presses that come as fast as a test sends them."""
    monkeypatch.setattr(Bursts, "gap_s", 0.0)
