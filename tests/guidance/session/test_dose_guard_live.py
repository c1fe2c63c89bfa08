"""The dose guard in a whole procedure: the operator's entries go into the record, and the screen shows the result."""

from __future__ import annotations

from functools import partial

from guidance.contracts.commands import Aliquot, Aspiration, OperatorCommand
from guidance.dose.drugs import load
from guidance.dose.patient import DosePatient
from guidance.dose.plan import DosePlan, plan_of
from tests.guidance.session.virtual import VirtualBench


def plan() -> DosePlan:
    return plan_of(load(), DosePatient(70), "ropivacaine 0.5%", ["ropivacaine 100mg 2h ago"])


def procedure(
    bench: VirtualBench, dose: DosePlan | None, *messages: OperatorCommand
) -> list[tuple[str, dict[str, object]]]:
    """Send ``messages`` within two seconds, and return the entries of the record."""
    for i, message in enumerate(messages):
        bench.after(0.2 + 0.2 * i, partial(bench.seat.send, message))
    assert bench.run(2.0, screen=True, dose=dose).status == 0
    return [(line["what"], line["fields"]) for line in bench.of("entry")]


def test_aspirations_and_aliquots_are_in_the_record_after_the_plan(bench: VirtualBench) -> None:
    entries = procedure(bench, plan(), Aspiration(), Aliquot(5.0), Aspiration(), Aliquot(12.0))
    assert [what for what, _ in entries] == [
        "dose-plan", "aspiration", "injection", "aspiration", "injection", "dose-warning",
    ]  # fmt: skip
    assert entries[0][1]["weight_kg"] == 70.0
    assert entries[4][1]["total_mg"] == {"ropivacaine": 185.0}
    assert bench.lines[0]["kind"] == "start"


def test_the_limit_raises_the_alarm_of_the_dose(bench: VirtualBench) -> None:
    procedure(bench, plan(), Aspiration(), Aliquot(22.0))
    (alarm,) = bench.of("alarm", code="dose-limit")
    assert (alarm["priority"], alarm["active"]) == ("medium", True)


def test_the_screen_receives_fraction_last_dose_and_next_step(bench: VirtualBench) -> None:
    procedure(bench, plan(), Aspiration(), Aliquot(5.0))
    first, last = bench.seat.shown[0].dose, bench.seat.shown[-1].dose
    assert first is not None
    assert last is not None
    assert first.last_dose_t is None
    assert last.fraction is not None
    assert 125 / 210 - 1e-9 < last.fraction < 125 / 210 + 1e-9
    assert last.last_dose_t is not None
    assert 0.2 < last.last_dose_t < 1.0
    assert last.next_step.startswith("Aspirate")


def test_a_procedure_without_a_solution_has_no_dose_and_no_plan(bench: VirtualBench) -> None:
    assert procedure(bench, None) == []
    assert bench.seat.shown[-1].dose is None
