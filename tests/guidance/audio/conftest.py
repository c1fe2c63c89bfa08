from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.guidance.audio.pulse import PulseServer, Recorder, lacking


@pytest.fixture(scope="session")
def server() -> Iterator[PulseServer]:
    """A sound server of the tests' own; what needs it is skipped where there can be none."""
    why = lacking()
    if why:
        pytest.skip(f"nothing to hear with: {why}")
    own = PulseServer()
    try:
        own.start()
    except (RuntimeError, OSError) as fault:
        own.close()
        pytest.skip(f"nothing to hear with: {fault}")
    yield own
    own.close()


@pytest.fixture
def loudspeaker(server: PulseServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """A loudspeaker that is recorded; what this process starts plays on it."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    with Recorder(server) as recorder:
        yield recorder


@pytest.fixture
def own_loudspeaker(monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    """A sound server that may be killed."""
    why = lacking()
    if why:
        pytest.skip(f"nothing to hear with: {why}")
    own = PulseServer()
    own.start()
    for name, value in own.environment.items():
        monkeypatch.setenv(name, value)
    yield own
    own.close()
