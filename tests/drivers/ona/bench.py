"""Test bench with an amplifier at a scripted device, and helpers to read it and to script the device's replies."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from drivers.base import Block
from drivers.ona.amplifier import OnaAmplifier
from tests.drivers.ona import fake_ona
from tests.drivers.ona.fake_ona import FakeOna, Received, Replies

ROWS = [[100, -100]] * 20


class Bench:
    """A fake behind a path that stays the same when it is replugged, and the amplifier opened there."""

    def __init__(self, folder: Path, transport: Callable[[], tuple[FakeOna, str]] = fake_ona.on_pty) -> None:
        self._link = folder / "port"
        self._opened: list[OnaAmplifier] = []
        self.fake, self.url = transport()
        if not self.url.startswith("socket:"):
            self._link.symlink_to(self.url)
            self.url = str(self._link)

    def open(self) -> OnaAmplifier:
        amplifier = OnaAmplifier(self.url).connect()
        self._opened.append(amplifier)
        return amplifier

    def started(self) -> OnaAmplifier:
        amplifier = self.open()
        amplifier.start()
        return amplifier

    def replug(self) -> None:
        self.fake, url = fake_ona.on_pty()
        self._link.unlink()
        self._link.symlink_to(url)

    def close(self) -> None:
        for amplifier in self._opened:
            amplifier.close()
        self.fake.unplug()


def read_samples(amplifier: OnaAmplifier, count: int) -> list[Block]:
    """Read blocks up to sample ``count``; fail after 2 s."""
    blocks: list[Block] = []
    deadline = time.monotonic() + 2.0
    while not blocks or blocks[-1].end_sample < count:
        assert time.monotonic() < deadline, f"only {blocks}"
        blocks += amplifier.read(0.05)
    return blocks


def replying(kind: int, *replies: int | None) -> Callable[[Received], Replies | None]:
    """Return a script that replies to ``kind`` with these results in turn (None: no reply), then as usual."""
    left = list(replies)

    def script(command: Received) -> Replies | None:
        if command.type != kind or not left:
            return None
        result = left.pop(0)
        return [] if result is None else [(fake_ona.ACK, bytes((command.seq, result)))]

    return script
