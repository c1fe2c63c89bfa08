"""The engine as a session sees it: what runs on the device, for a procedure or for an exercise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from drivers.base import Block, DeviceInfo
from guidance.alarms.board import AlarmBoard
from guidance.contracts.commands import OperatorCommand
from guidance.contracts.events import Entry, TimedRecord
from guidance.contracts.origin import Origin
from guidance.contracts.snapshot import Snapshot
from guidance.engine.settings import Settings
from guidance.engine.snapshot_builder import SessionState
from guidance.stimulation.actions import Action
from guidance.stimulation.control import Stimulation


class EngineLoop(Protocol):
    """Interface of the engine of a procedure, or of an exercise."""

    settings: Settings
    info: DeviceInfo
    alarms: AlarmBoard
    stimulation: Stimulation | None

    @property
    def t(self) -> float:
        """Device time in s."""

    @property
    def actions(self) -> list[Action]:
        """Actions that the stimulator is to carry out now."""

    @property
    def journal_ok(self) -> bool:
        """Whether the journal still accepts records."""

    def is_fit(self, now_ns: int) -> bool:
        """Return whether the signal is fit to begin stimulation."""

    def response_due(self, within_s: float) -> bool:
        """Return whether a response that may not wait is due within ``within_s`` seconds."""

    def begin(self, origin: Origin) -> TimedRecord:
        """Return the record that opens the stream."""

    def step(
        self, blocks: Sequence[Block], now_ns: int | None, messages: Sequence[OperatorCommand]
    ) -> Iterable[TimedRecord]:
        """Process blocks and commands, and emit the resulting records."""

    def end(self, reason: str) -> Iterable[TimedRecord]:
        """Emit the records that close the stream."""

    def arm(self, by: str, now_ns: int) -> Iterable[TimedRecord]:
        """Arm the stimulator, if there is one."""

    def pulse_skipped(self) -> Iterable[TimedRecord]:
        """Note that the stimulator skipped the last pulse."""

    def update_condition(
        self, code: str, text: str | None, cause: str = "", *, disarm: bool = True
    ) -> Iterable[TimedRecord]:
        """Raise the alarm ``code`` with ``text`` for a fault that the host found, or end it where ``text`` is None."""

    def enter(self, entry: Entry) -> Iterable[TimedRecord]:
        """Record an entry of the host."""

    def snapshot(self, session: SessionState) -> Snapshot:
        """Build all that a screen shows now."""

    def screen_lost(self) -> None:
        """Note that no operator sees the screen any more."""

    def journal_failed(self) -> None:
        """Note that the journal accepts no more records."""
