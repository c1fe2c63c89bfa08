"""A headless run that hangs is reported, once for each time; one that comes round is not."""

from __future__ import annotations

import threading
import time

import pytest

from guidance.processes import hang_watch
from guidance.processes.hang_watch import HeadlessChannel


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hang_watch, "HANGS_S", 0.1)
    monkeypatch.setattr(hang_watch, "_EVERY_S", 0.01)


def wait(duration_s: float) -> None:
    threading.Event().wait(duration_s)


@pytest.mark.hazard("lost-record")
def test_a_session_that_hangs_is_reported_once_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    with HeadlessChannel() as channel:
        for _ in range(2):
            assert channel.messages() == []
            wait(0.3)
    assert capsys.readouterr().err.count("has not responded") == 2


def test_a_session_that_comes_round_or_has_not_begun_is_not_reported(capsys: pytest.CaptureFixture[str]) -> None:
    with HeadlessChannel() as channel:
        wait(0.2)
        until_s = time.monotonic() + 0.3
        while time.monotonic() < until_s:
            channel.messages()
            wait(0.005)
    assert capsys.readouterr().err == ""
