"""A running screen: its text, the commands it sent, and how to wait for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from textual.app import App

from guidance.contracts.commands import FrameAck, OperatorCommand
from tests.support.screens import FakeLink

PATIENT_S = 60.0


def shown(app: App[str]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "did not happen in time"
        await asyncio.sleep(0.005)


def commands(link: FakeLink) -> list[OperatorCommand]:
    return [message for message in link.sent if not isinstance(message, FrameAck)]
