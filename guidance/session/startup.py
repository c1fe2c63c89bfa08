"""What every live procedure opens, in the order in which it may fail; and what is told of the store as it was found."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Self

from drivers.base import Amplifier, DeviceInfo
from guidance.audio.sound import Mute, Sound
from guidance.common.errors import UserError
from guidance.common.text import one_line
from guidance.journal.raw import RawLog
from guidance.journal.record import ProcedureRecord
from guidance.journal.recover import recover
from guidance.journal.store import (
    clock_warning,
    end_without_screen,
    mark_reported,
    new_procedure,
    unreported_unfinished,
)
from guidance.protocol import Protocol
from guidance.session.device import LiveDevice
from guidance.session.event_writer import BackgroundWriter, EventWriter
from guidance.session.live import SessionOutputs
from guidance.session.lsl_outlet import LslOutlets


class Startup:
    """Closes all that it has opened, and what ``stack`` was given besides, unless that is taken from it in the end."""

    def __init__(self, store: str, events: str | None) -> None:
        """For a procedure in the folder ``store``, copied to ``events``. Raises UserError."""
        self.store = Path(store)
        self.stack = ExitStack()
        self._notices, self._cut_off = _inspect_store(self.store)
        self._copy = BackgroundWriter(events) if events else None
        if self._copy:
            self.stack.callback(self._copy.close)
        self._began = datetime.now().astimezone()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    @property
    def wall_time(self) -> str:
        """When the device began to stream (RFC 3339)."""
        return self._began.isoformat(timespec="seconds")

    def start_device(self, amplifier: Amplifier, *, requests_pulses: bool, lsl: LslOutlets | None = None) -> LiveDevice:
        """``amplifier``, streaming, once what was cut off before is recovered. Raises DeviceError.

        ``requests_pulses`` whether pulses will be asked of it; ``lsl`` is given all its blocks.
        """
        self._notices += [_recovery_notice(folder) for folder in self._cut_off]
        device = LiveDevice(amplifier, requests_pulses=requests_pulses, follow=lsl.blocks if lsl else None)
        device.start()
        self._began = datetime.now().astimezone()
        return device

    def open_outputs(
        self,
        protocol: Protocol,
        info: DeviceInfo,
        sound: Sound | Mute,
        raw: RawLog | None = None,
        lsl: LslOutlets | None = None,
    ) -> SessionOutputs:
        """Where a procedure by ``protocol`` on device ``info`` goes, its record begun. Raises UsageError."""
        self.stack.callback(sound.close)
        record = ProcedureRecord(new_procedure(self.store, protocol.id, self._began), info, self._began, raw)
        writer = EventWriter(record.journal, self._copy, lsl)
        self.stack.callback(writer.close)
        self.stack.callback(record.close)
        return SessionOutputs(writer, record, sound)

    def notices(self, protocol: Protocol) -> list[str]:
        """What is to be told at the start of a procedure by ``protocol``; what was cut off is told this once."""
        for folder in self._cut_off:
            mark_reported(folder)
        return self._notices + _change_notices(protocol)


def _change_notices(protocol: Protocol) -> list[str]:
    """What the site changed in ``protocol``, a sentence for each author."""
    authors = dict.fromkeys(change.author for change in protocol.changes)
    return [
        f"{protocol.id} as changed by {author}: "
        + "; ".join(f"{c.key} {c.new} instead of {c.old}" for c in protocol.changes if c.author == author)
        + "."
        for author in authors
    ]


def _inspect_store(store: Path) -> tuple[list[str], list[Path]]:
    """What is to be told of ``store`` as it was found, in sentences, and its procedures that were cut off."""
    notices = [_ended_alone_notice(folder) for folder in end_without_screen(store)]
    cut_off = unreported_unfinished(store)
    return [*notices, *filter(None, [clock_warning(store, datetime.now().astimezone())])], cut_off


def _ended_alone_notice(folder: Path) -> str:
    return f"The procedure {folder.name} had gone on without its screen; it has been ended, and its record is whole."


def _recovery_notice(folder: Path) -> str:
    """What became of the procedure in ``folder``, which was cut off."""
    try:
        recovered = recover(folder)
    except UserError as fault:
        return one_line(str(fault))
    what = recovered.sentence if recovered else "its record is whole"
    return one_line(f"The procedure {folder.name} was cut off: {what}.")
