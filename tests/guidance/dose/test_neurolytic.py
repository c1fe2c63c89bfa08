"""Phenol and alcohol follow rules of their own: the protocols that allow them, strength, volume, a largest dose."""

from __future__ import annotations

import json

import pytest

from guidance.alarms.board import AlarmBoard
from guidance.contracts.commands import Aliquot, Aspiration
from guidance.contracts.events import Alarm, Entry, Record
from guidance.dose.drugs import load as load_drugs
from guidance.dose.guard import DoseGuard
from guidance.dose.neurolytic import NeurolyticPlan, names_neurolytic, neurolytic_plan
from guidance.dose.text import DoseError
from guidance.protocol import load, names
from tests.support.command_line import command

TABLE = load_drugs()


def plan(solution: str = "phenol 6%", protocol: str = "neurolysis-obturator") -> NeurolyticPlan:
    return neurolytic_plan(TABLE, solution, load(protocol))


def guard(solution: str = "phenol 6%", protocol: str = "neurolysis-obturator") -> DoseGuard:
    return DoseGuard(plan(solution, protocol), AlarmBoard(), load(protocol).volume_ml)


def inject(guarded: DoseGuard, volume_ml: float, reason: str = "") -> list[Record]:
    list(guarded.obey(Aspiration(), 1.0))
    return list(guarded.obey(Aliquot(volume_ml, reason), 1.0))


def first(records: list[Record]) -> Entry:
    assert isinstance(records[0], Entry)
    return records[0]


def card(guarded: DoseGuard) -> str:
    return " ".join([guarded.rescue_title, *(f"{word} {text}" for word, text, _ in guarded.rescue_lines)])


@pytest.mark.parametrize("solution", ["phenol 6%", "alcohol 50%"])
def test_the_card_of_a_neurolysis_is_no_lipid_rescue(solution: str) -> None:
    text = card(guard(solution))
    agent = solution.split(maxsplit=1)[0]
    assert text.startswith(f"{agent.upper()}: NO LOCAL ANAESTHETIC, NO LIPID RESCUE")
    assert f"no source that was read gives lipid emulsion for {agent}" in text
    assert "BOLUS" not in text
    assert not any(is_dose for _, _, is_dose in guard(solution).rescue_lines)
    assert "AIRWAY ventilate with 100 % oxygen" in text
    assert "needle-guidance dose rescue" in text, "a local anaesthetic may have been given as well"


def test_a_neurolysis_without_a_solution_has_the_card_of_its_agents() -> None:
    guarded = DoseGuard(None, AlarmBoard(), agents=tuple(item.agent for item in load("neurolysis-tibial").agents))
    assert guarded.rescue_title.startswith("PHENOL OR ALCOHOL")


def test_any_other_procedure_has_the_lipid_rescue() -> None:
    text = card(DoseGuard(None, AlarmBoard(), load("femoral").volume_ml))
    assert text.startswith("LOCAL ANAESTHETIC TOXICITY: LIPID RESCUE")
    assert "BOLUS" in text


def test_the_mass_follows_from_the_strength() -> None:
    assert plan().mg(5.0) == pytest.approx(300.0)
    assert plan("Ethanol 50 %").mg(1.0) == pytest.approx(394.5)


def test_a_local_anaesthetic_is_no_neurolytic() -> None:
    assert names_neurolytic(TABLE, "phenol 6%")
    assert names_neurolytic(TABLE, "phenol")
    assert not names_neurolytic(TABLE, "ropivacaine 0.5%")


@pytest.mark.parametrize(
    ("solution", "protocol", "why"),
    [
        ("phenol 6%", "obturator", "destroys nerve fibres, and obturator is no protocol for it"),
        ("phenol 89%", "neurolysis-obturator", "allows 5 to 6 %; check the ampoule"),
        ("alcohol 96%", "neurolysis-tibial", "allows 50 %; check the ampoule"),
        ("phenol", "neurolysis-obturator", "is no neurolytic solution"),
        ("phenol 6% + lidocaine 1%", "neurolysis-obturator", "is no neurolytic solution"),
    ],
)
def test_a_wrong_protocol_strength_or_mixture_is_refused_in_one_sentence(
    solution: str, protocol: str, why: str
) -> None:
    with pytest.raises(DoseError, match=why) as caught:
        plan(solution, protocol)
    assert "\n" not in str(caught.value)


def test_every_neurolysis_names_its_agents_and_no_other_protocol_does() -> None:
    with_agents = {name for name in names() if load(name).agents}
    assert with_agents == {name for name in names() if name.startswith("neurolysis-")}
    assert len(with_agents) == 3


def test_the_plan_and_each_aliquot_are_recorded_with_agent_strength_and_mass() -> None:
    guarded = guard()
    assert first(list(guarded.begin())).fields["solution"] == "phenol 6 %"
    fields = first(inject(guarded, 2.0)).fields
    assert (fields["drug"], fields["concentration"], fields["mg"]) == ("phenol", "6 %", {"phenol": 120.0})
    assert fields["fraction"] == pytest.approx(0.2)
    assert fields["why"] is None
    view = guarded.view()
    assert view is not None
    assert (view.solution, view.total_mg, view.most_ml) == ("phenol 6 %", (("phenol", 120.0),), 10.0)


def test_what_is_left_is_the_smaller_of_volume_and_largest_dose() -> None:
    by_volume, by_mass = guard("phenol 5%").view(), guard().view()
    assert by_volume is not None
    assert by_mass is not None
    assert (by_volume.left_ml, by_mass.left_ml) == (10.0, 10.0)
    guarded = guard("phenol 6%", "neurolysis-tibial")
    inject(guarded, 1.0)
    left = guarded.view()
    assert left is not None
    assert left.left_ml == 3.0


def test_more_than_the_largest_known_dose_is_held_and_with_a_reason_alarms() -> None:
    guarded = guard()
    assert first(inject(guarded, 9.0)).what == "injection"
    held = first(inject(guarded, 1.5))
    assert held.what == "injection-refused"
    assert "10.5 mL would be 630 mg phenol" in held.fields["why"]
    records = inject(guarded, 1.5, "the other branch")
    assert first(records).what == "injection"
    assert [record.code for record in records if isinstance(record, Alarm)] == ["dose-limit"]


def test_an_agent_without_a_largest_dose_is_limited_by_the_protocols_volume() -> None:
    guarded = guard("alcohol 50%")
    assert first(inject(guarded, 5.0)).fields["fraction"] is None
    assert "the protocol's volume ends at 5 mL" in first(inject(guarded, 1.0)).fields["why"]


def test_the_command_states_mass_share_and_cautions_and_ends_with_1_over_a_limit() -> None:
    within = command("dose", "neurolytic", "phenol 6%", "--protocol", "neurolysis-obturator", "--volume", "8mL")
    assert within.status == 0
    assert "480 mg" in within.out
    assert "80 % of it" in within.out
    assert "aspirate before every injection" in within.out
    over = command(
        "dose", "neurolytic", "alcohol 50%", "--protocol", "neurolysis-obturator", "--volume", "8mL", "--json"
    )
    assert over.status == 1
    assert json.loads(over.out)["over"] is True
    assert command("dose", "neurolytic", "phenol 6%", "--protocol", "none", "--volume", "8mL").status == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--protocol", "neurolysis-obturator", "--solution", "ropivacaine 0.5%"), "is a neurolysis with phenol"),
        (("--protocol", "femoral", "--solution", "phenol 6%"), "is no protocol for it"),
        (("--protocol", "neurolysis-obturator", "--solution", "phenol 6%", "--given", "lidocaine 50mg"), "--given"),
    ],
)
def test_a_procedure_with_the_wrong_solution_does_not_start(arguments: tuple[str, ...], why: str) -> None:
    done = command("demo", "--headless", "--duration", "1", *arguments)
    assert done.status == 2
    assert why in done.err
