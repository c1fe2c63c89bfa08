"""A whole femoral block on the simulated patient in virtual time: the operator advances, waits, aspirates, injects.

``python -m tests.guidance.journal.virtual_block STORE`` records one in the folder STORE, to look at its note.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from drivers.simulated.device import OnaDevice
from drivers.simulated.patient import Patient as Simulated
from drivers.simulated.tissue import Injectate
from guidance.contracts.commands import Aliquot, Arm, Aspiration, OperatorNote
from guidance.dose.drugs import load as drugs
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of
from guidance.engine.settings import Mode, Settings
from guidance.note.case_sheet import CaseSheet
from guidance.protocol import load
from guidance.session import LiveJob
from tests.guidance.session.virtual import VirtualBench

_ENOUGH_MA = 0.42
_INJECTS_AT_S = 36.0
SERIAL = "V-4711"
SOLUTION = "ropivacaine 0.5%"


class VirtualBlock:
    """The operator of a procedure on ``bench``."""

    def __init__(self, bench: VirtualBench, case: CaseSheet | None = None) -> None:
        """Take a simulated patient whose nerve is that of the protocol, the femoral nerve."""
        self._bench, self._case = bench, case
        patient = Simulated(5, sample_rate_hz=5000, channels=1, scenario="hold", start_mm=2.5)
        bench.device = OnaDevice(patient, serial=SERIAL, faults=bench.faults)

    def run(self, duration_s: float = 49.0) -> Path:
        """Run the procedure and return its folder."""
        bench = self._bench
        bench.after(3.0, lambda: bench.seat.send(Arm()))
        bench.after(4.0, self._advance)
        for number in range(3):
            bench.after(_INJECTS_AT_S + 5.0 * number, lambda: bench.seat.send(Aspiration()))
            bench.after(_INJECTS_AT_S + 5.0 * number + 1.0, self._inject)
        bench.after(_INJECTS_AT_S + 12.0, lambda: bench.seat.send(OperatorNote("pain")))
        plan = plan_of(drugs(), DosePatient(70.0, 54.0), SOLUTION)
        settings = Settings(load("femoral"), Mode.AUTO, headless=False, dose=plan)
        job = LiveJob(settings, str(bench.store), "ona:virtual", None, duration_s, case=self._case, host=bench.host)
        job.open().run(bench.seat, lambda: False)
        (journal,) = bench.store.glob("*/events.jsonl")
        return journal.parent

    def _advance(self) -> None:
        """Advance the needle unless the nerve is near enough."""
        if self._bench.device.patient.truth().threshold_ma > _ENOUGH_MA:
            self._bench.device.patient.steer(0.3)
            self._bench.after(1.5, self._advance)

    def _inject(self) -> None:
        self._bench.seat.send(Aliquot(5.0))
        self._bench.device.patient.inject(Injectate.ANAESTHETIC, 5.0)


def main() -> None:
    with pytest.MonkeyPatch.context() as patch:
        bench = VirtualBench(Path(sys.argv[1]), patch)
        print(VirtualBlock(bench).run())


if __name__ == "__main__":
    main()
