from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from guidance import language
from tests.support.pulse_audio import PulseServer, own_sound

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
# a busy machine makes no property false


@pytest.fixture(autouse=True)
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site's folder of protocols that is empty: what lies on this machine changes no test."""
    config = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: config)
    folder = config / "protocols"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """English, whatever the language of this machine: a test that shows another one chooses it itself."""
    for name in language.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    language.use(language.ENGLISH)
    yield
    language.use(language.ENGLISH)


@pytest.fixture
def own_loudspeaker() -> Iterator[PulseServer]:
    """A sound server that may be killed, and on which this process plays; skips the test where there can be none."""
    with own_sound(pytest.skip) as server:
        yield server
