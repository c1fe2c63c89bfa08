"""The start of every live procedure: what it opens, in the order in which it may fail, and what the store reports."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Self

from drivers.base import Amplifier, DeviceInfo
from guidance.audio.sound import Mute, Sound
from guidance.common.errors import UserError
from guidance.common.start_lines import AMPLIFIER, GOOD, OFF, RECORD, SOUND, StageReporter, report_nowhere
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
from guidance.processes.sockets import folder_notice
from guidance.protocol import Protocol
from guidance.session.device import LiveDevice
from guidance.session.event_writer import BackgroundWriter, EventWriter
from guidance.session.host import HOST, Host
from guidance.session.lsl_outlet import LslOutlets
from guidance.session.record_output import SessionOutputs


class Startup:
    """The opening of a session. On exit it closes all that ``stack`` holds, unless the caller has taken that over."""

    def __init__(
        self, store: str, events: str | None, host: Host = HOST, report: StageReporter = report_nowhere
    ) -> None:
        """Prepare a procedure in the folder ``store``, its events copied to ``events``; ``report`` each stage that
        opens. Raises UserError.
        """
        self.store, self._host, self._report = Path(store), host, report
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
        """Recover what was cut off before, then let ``amplifier`` stream. Raises DeviceError.

        ``requests_pulses``: whether the program will request pulses from it. ``lsl`` receives all its blocks.
        """
        self._notices += [_recovery_notice(folder) for folder in self._cut_off]
        follow = lsl.blocks if lsl else None
        device = LiveDevice(amplifier, requests_pulses=requests_pulses, follow=follow, clock=self._host.clock)
        device.start()
        self._report(AMPLIFIER, GOOD)
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
        """Open the outputs of a procedure by ``protocol`` on device ``info``, its record begun. Raises UsageError."""
        self.stack.callback(sound.close)
        self._report_sound(sound)
        disk = self._host.disk
        folder = new_procedure(self.store, protocol.id, self._began, disk)
        record = ProcedureRecord(folder, info, self._began, raw, disk)
        writer = EventWriter(record.journal, self._copy, lsl, clock=self._host.clock)
        self.stack.callback(writer.close)
        self.stack.callback(record.close)
        self._report(RECORD, GOOD)
        return SessionOutputs(writer, record, sound)

    def _report_sound(self, sound: Sound | Mute) -> None:
        """Report a sound that is off, or whose device already plays; one that still starts the screen shows."""
        sound.tend(())
        state = {"muted": OFF, "on": GOOD}.get(sound.view().state)
        if state is not None:
            self._report(SOUND, state)

    def notices(self, protocol: Protocol) -> list[str]:
        """Return the notices for the start of a procedure by ``protocol``; a cut-off procedure is reported once."""
        for folder in self._cut_off:
            mark_reported(folder)
        return self._notices + _change_notices(protocol)


def _change_notices(protocol: Protocol) -> list[str]:
    """Describe what the site changed in ``protocol``, in a sentence for each author."""
    authors = dict.fromkeys(change.author for change in protocol.changes)
    return [
        f"{protocol.id} as changed by {author}: "
        + "; ".join(f"{c.key} {c.new} instead of {c.old}" for c in protocol.changes if c.author == author)
        + "."
        for author in authors
    ]


def _inspect_store(store: Path) -> tuple[list[str], list[Path]]:
    """Return the notices about this machine and ``store`` as found, and the folders of its cut-off procedures."""
    notices = [_alone_notice(folder, ended=ended) for folder, ended in end_without_screen(store).items()]
    cut_off = unreported_unfinished(store)
    warnings = [clock_warning(store, datetime.now().astimezone()), folder_notice()]
    return [*notices, *filter(None, warnings)], cut_off


def _alone_notice(folder: Path, *, ended: bool) -> str:
    result = "it has been ended, and its record is complete" if ended else "it does not end yet, and its device is busy"
    return one_line(f"The procedure {folder.name} had gone on without its screen; {result}.")


def _recovery_notice(folder: Path) -> str:
    """Recover the cut-off procedure in ``folder``, and describe the result in a sentence."""
    try:
        recovered = recover(folder)
    except UserError as fault:
        return one_line(str(fault))
    what = recovered.sentence if recovered else "its record is complete"
    return one_line(f"The procedure {folder.name} was cut off: {what}.")
