"""The end of a session's stimulation: output off and confirmed, after a procedure as after a fault of the program."""

from __future__ import annotations

import traceback
from pathlib import Path

from drivers.base import Clock, DeviceError
from guidance.common.errors import UserError
from guidance.contracts.events import TimedRecord
from guidance.session.device import LiveDevice
from guidance.session.engine_loop import EngineLoop
from guidance.session.record_output import RecordOutput
from guidance.stimulation.actions import SwitchOutput
from guidance.stimulation.control import Stimulation
from guidance.stimulation.output_state import NOT_KNOWN

READ_S = 0.004
"""Longest wait for blocks of the device, in s."""


class Shutdown:
    """Switches the stimulator off and waits for the device to confirm it.

    ``not_off`` says why the output may still be on; None where the device reported that it is off.
    """

    def __init__(self, engine: EngineLoop, device: LiveDevice, output: RecordOutput, clock: Clock) -> None:
        """End the stimulation that ``engine`` requests from ``device``, and write its records to ``output``."""
        self._engine, self._device, self._output, self._clock = engine, device, output, clock
        self.not_off: str | None = None

    def switch_off(self) -> None:
        """Request off, and wait for the device to report it, at most as long as the device may take."""
        stimulation = self._engine.stimulation
        if stimulation is None:
            return
        self._output.write(
            TimedRecord(self._engine.t, record) for record in stimulation.disarm("safety", "the procedure ends")
        )
        self._device.act(self._engine.actions)
        self._await_off(stimulation)

    def stop_after_fault(self, fault: Exception, folder: Path) -> str:
        """Switch off before anything else after ``fault``; returns a sentence about it.

        For a fault of the program, the traceback is written to ``folder`` for the developers.
        """
        self._device.act([SwitchOutput(on=False)])
        if self._engine.stimulation:
            self._engine.stimulation.actions.clear()
            try:
                self._await_off(self._engine.stimulation)
            except Exception:  # noqa: BLE001 - whether the stimulator is off is then not known, and that is reported
                self.not_off = NOT_KNOWN
        if isinstance(fault, UserError | DeviceError):
            return str(fault)
        return self._program_fault(fault, folder / "fault.txt")

    def _await_off(self, stimulation: Stimulation) -> None:
        output = stimulation.output
        self.not_off = None if output.is_off else NOT_KNOWN
        while self._device.lost is None:
            output.follow(self._engine.t, self._clock.monotonic_ns(), wanted=False)
            if output.is_off or output.not_off:
                self.not_off = output.not_off
                return
            for block in self._device.read(READ_S):
                for status in block.status:
                    output.report(status.state)

    def _program_fault(self, fault: Exception, path: Path) -> str:
        """Write the traceback of ``fault`` to ``path``; returns the sentence about it."""
        off = "" if self.not_off else "; the stimulator is off"
        sentence = f"The program failed ({type(fault).__name__}: {fault}){off}."
        try:
            path.touch(0o600)
            path.write_text("".join(traceback.format_exception(fault)), encoding="utf-8")
        except OSError:
            return sentence
        return f"{sentence} Details are in {path}."
