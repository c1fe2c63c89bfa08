from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.guidance.ui.fakes import FakeLink


@pytest.fixture
def link() -> Iterator[FakeLink]:
    link = FakeLink()
    yield link
    link.close()
