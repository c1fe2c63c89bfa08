"""Screens compared with their golden pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from textual.app import App
from textual.pilot import Pilot

from guidance.contracts.snapshot import Snapshot
from guidance.ui.app import GuidanceApp
from tests.guidance.ui.running import PATIENT_S, until
from tests.support.screens import FakeLink, build_snapshot, build_sweep

SIZES = [(80, 24), (120, 40), (200, 50)]


class Compare(Protocol):
    def __call__(self, app: App[str], *, terminal_size: tuple[int, int], run_before: object) -> bool: ...


def with_newest(*, detected: bool = True, contaminated: bool = False) -> Snapshot:
    snapshot = build_snapshot()
    return replace(
        snapshot, sweeps=(*snapshot.sweeps[:-1], build_sweep(70, detected=detected, contaminated=contaminated))
    )


def matches_golden(
    compare: Compare, link: FakeLink, snapshot: Snapshot, size: tuple[int, int], dies: bool = False, keys: str = ""
) -> bool:
    async def settle(pilot: Pilot[str]) -> None:
        link.feed(snapshot)
        await until(lambda: bool(link.sent))
        await pilot.press(*keys)
        if dies:
            link.die()
            await until(lambda: pilot.app.screen.has_class("-stopped"))
        await pilot.pause()

    return compare(GuidanceApp(link, PATIENT_S), terminal_size=size, run_before=settle)
