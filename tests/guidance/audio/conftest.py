from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.guidance.audio.pulse import PulseServer, Recorder, served, used


@pytest.fixture(scope="session")
def server() -> Iterator[PulseServer]:
    """A sound server of the tests' own; what needs it is skipped where there can be none."""
    with served(pytest.skip) as server:
        yield server


@pytest.fixture
def loudspeaker(server: PulseServer) -> Iterator[Recorder]:
    """A loudspeaker that is recorded; what this process starts plays on it."""
    with used(server), Recorder(server) as recorder:
        yield recorder
