"""Helpers that read an amplifier as an engine does: every few ms, for a time or until a condition holds."""

from __future__ import annotations

import time
from collections.abc import Callable

from drivers.base import Amplifier, Block

WITHIN_S = 5.0


def read_for(amplifier: Amplifier, duration_s: float) -> list[Block]:
    """Return all blocks of ``duration_s``, read every few ms."""
    blocks = []
    until = time.monotonic() + duration_s
    while time.monotonic() < until:
        blocks += amplifier.read(0.005)
    return blocks


def read_until(amplifier: Amplifier, enough: Callable[[list[Block]], object]) -> list[Block]:
    """Return the blocks until ``enough`` holds of them; fail after 5 s."""
    blocks: list[Block] = []
    deadline = time.monotonic() + WITHIN_S
    while not enough(blocks):
        assert time.monotonic() < deadline, f"{len(blocks)} blocks, and not yet"
        blocks += amplifier.read(0.02)
    return blocks


def samples_of(blocks: list[Block]) -> int:
    """Return the number of samples in ``blocks``."""
    return sum(len(block.samples) for block in blocks)
