from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.pulse_audio import PulseServer, Recorder, served, used


@pytest.fixture(scope="session")
def server() -> Iterator[PulseServer]:
    """Run a private sound server; skip tests that need it where it cannot run."""
    with served(pytest.skip) as server:
        yield server


@pytest.fixture
def loudspeaker(server: PulseServer) -> Iterator[Recorder]:
    """Record a loudspeaker on which this process and those it starts play."""
    with used(server), Recorder(server) as recorder:
        yield recorder
