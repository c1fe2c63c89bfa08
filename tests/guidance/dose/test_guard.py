"""The dose guard: aliquots add up, aspiration is requested, and the limit is not exceeded without a reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidance.alarms.board import AlarmBoard
from guidance.contracts.commands import Aliquot, Aspiration
from guidance.contracts.events import Alarm, Entry, Record
from guidance.contracts.task_views import DoseView
from guidance.dose.drugs import load
from guidance.dose.guard import DoseGuard
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of

TABLE = load()


class Bench:
    """A guard and its records; for ropivacaine 0.5 % and 70 kg the limit is 42 mL."""

    def __init__(
        self, solution: str | None = "ropivacaine 0.5%", kg: float | None = 70.0, earlier: tuple[str, ...] = ()
    ) -> None:
        plan = None if solution is None else plan_of(TABLE, DosePatient(kg), solution, earlier)
        self.alarms = AlarmBoard()
        self.guard = DoseGuard(plan, self.alarms)
        self.begun = list(self.guard.begin())
        self.t = 0.0

    def aspirate(self, *, blood: bool = False) -> list[Record]:
        self.t += 10.0
        return list(self.guard.obey(Aspiration(blood), self.t))

    def inject(self, volume_ml: float, reason: str = "") -> list[Record]:
        self.t += 10.0
        return list(self.guard.obey(Aliquot(volume_ml, reason), self.t))

    def fields(self, volume_ml: float, reason: str = "") -> dict[str, Any]:
        """Inject after an aspiration; return the fields of the entry."""
        self.aspirate()
        entry = self.inject(volume_ml, reason)[0]
        assert isinstance(entry, Entry)
        return entry.fields

    @property
    def view(self) -> DoseView:
        view = self.guard.view()
        assert view is not None
        return view


def whats(records: list[Record]) -> list[str]:
    return [record.what if isinstance(record, Entry) else record.kind for record in records]


def test_an_aliquot_is_recorded_with_drug_dose_and_fraction() -> None:
    bench = Bench()
    bench.fields(5.0)
    fields = bench.fields(5.0)
    assert fields["drug"] == "ropivacaine"
    assert fields["concentration"] == "0.5 %"
    assert (fields["volume_ml"], fields["total_volume_ml"]) == (5.0, 10.0)
    assert (fields["mg"], fields["total_mg"]) == ({"ropivacaine": 25.0}, {"ropivacaine": 50.0})
    assert fields["fraction"] == pytest.approx(50 / 210)
    assert (fields["aspirated"], fields["reason"], fields["why"]) == (True, None, None)


def test_a_mixture_adds_up_by_fractions() -> None:
    bench = Bench("ropivacaine 0.5% + lidocaine 1%")
    fields = bench.fields(5.0)
    assert fields["drug"] == "ropivacaine + lidocaine"
    assert fields["fraction"] == pytest.approx(25 / 210 + 50 / 300)


@pytest.mark.hazard("overdose")
def test_what_was_given_before_counts_in_full() -> None:
    bench = Bench(earlier=("bupivacaine 70mg 3h ago",))
    assert bench.view.fraction == pytest.approx(70 / 140)
    assert bench.fields(5.0)["fraction"] == pytest.approx(0.5 + 25 / 210)


def test_the_plan_is_recorded_once_when_the_procedure_begins() -> None:
    bench = Bench()
    assert whats(bench.begun) == ["dose-plan"]
    assert isinstance(bench.begun[0], Entry)
    assert bench.begun[0].fields["weight_kg"] == 70.0
    assert bench.begun[0].fields["volume_ml_to_limit"] == pytest.approx(42.0)
    assert list(bench.guard.begin()) == []


def test_the_warning_comes_once_at_eighty_per_cent() -> None:
    bench = Bench()
    bench.aspirate()
    assert whats(bench.inject(33.0)) == ["injection"]
    assert bench.view.level == ""
    bench.aspirate()
    assert whats(bench.inject(1.0)) == ["injection", "dose-warning"]
    assert bench.view.level == "warning"
    assert whats(bench.inject(1.0)) == ["injection"]
    assert not bench.alarms.holds("dose-limit")


def test_the_limit_itself_alarms_and_needs_no_reason() -> None:
    bench = Bench()
    records = bench.inject(42.0)
    assert whats(records) == ["injection", "alarm"]
    alarm = records[1]
    assert isinstance(alarm, Alarm)
    assert (alarm.code, alarm.priority, alarm.active) == ("dose-limit", "medium", True)
    assert "210 mg" in alarm.text
    assert "needle-guidance" not in alarm.text
    assert alarm.text.startswith("Inject no more.")
    assert bench.view.level == "limit"


@pytest.mark.hazard("overdose")
def test_an_aliquot_beyond_the_limit_is_refused_until_a_reason_is_given() -> None:
    bench = Bench()
    bench.inject(40.0)
    bench.aspirate()
    assert whats(bench.inject(5.0)) == ["injection-refused"]
    assert bench.view.volume_ml == 40.0
    assert "reason" in bench.view.next_step
    records = bench.inject(5.0, "already given before it was entered")
    assert whats(records) == ["injection", "alarm"]
    assert isinstance(records[0], Entry)
    assert records[0].fields["reason"] == "already given before it was entered"
    alarm = records[1]
    assert isinstance(alarm, Alarm)
    assert (alarm.priority, alarm.text[:24]) == ("high", "Inject no more. 107.2 % ")
    assert bench.view.level == "over"
    assert bench.view.left_ml == 0.0


@pytest.mark.hazard("overdose")
def test_beyond_the_limit_the_alarm_becomes_high_and_must_be_acknowledged_anew() -> None:
    bench = Bench()
    bench.inject(42.0)
    bench.alarms.acknowledge()
    records = bench.inject(10.5, "decided")
    alarm = records[1]
    assert isinstance(alarm, Alarm)
    assert (alarm.priority, alarm.active) == ("high", True)
    (signal,) = bench.alarms.signals()
    assert (signal.priority, signal.acknowledged) == ("high", False)
    assert "125 % of the limit" in signal.text
    assert whats(bench.inject(1.0, "decided")) == ["injection"]
    assert bench.alarms.signals()[0].priority == "high"


def test_the_times_of_the_first_and_last_aliquot_and_of_the_last_aspiration_are_known() -> None:
    bench = Bench()
    assert (bench.view.first_dose_t, bench.view.last_dose_t, bench.view.aspirated_t) == (None, None, None)
    bench.aspirate()
    bench.inject(2.0)
    bench.inject(3.0)
    bench.aspirate(blood=True)
    bench.inject(4.0)  # held: blood
    assert (bench.view.first_dose_t, bench.view.last_dose_t, bench.view.aspirated_t) == (20.0, 30.0, 40.0)


def test_blanks_do_not_count_as_a_reason() -> None:
    bench = Bench()
    assert whats(bench.inject(50.0, "   ")) == ["injection-refused"]


def test_a_refused_aliquot_is_forgotten_with_the_next_request() -> None:
    bench = Bench()
    bench.inject(50.0)
    bench.aspirate()
    assert "reason" not in bench.view.next_step


def test_doses_before_the_procedure_may_be_at_the_limit_already() -> None:
    bench = Bench(earlier=("ropivacaine 210mg",))
    assert whats(bench.begun) == ["dose-plan", "alarm"]
    assert whats(bench.inject(1.0)) == ["injection-refused"]


@pytest.mark.hazard("intravascular")
def test_aspiration_is_requested_before_every_aliquot() -> None:
    bench = Bench()
    assert bench.view.next_step.startswith("Aspirate")
    assert bench.view.aspirate_in_ml == 0.0
    bench.aspirate()
    assert bench.view.aspirate_in_ml == 5.0
    bench.inject(3.0)
    assert bench.view.aspirate_in_ml == 0.0
    assert bench.view.next_step.startswith("Aspirate")


def test_an_aliquot_without_aspiration_is_recorded_and_shown_as_such() -> None:
    bench = Bench()
    (entry,) = bench.inject(3.0)
    assert isinstance(entry, Entry)
    assert entry.fields["aspirated"] is False
    assert "without aspiration" in str(entry.fields["why"])
    assert "without aspiration" in bench.view.next_step


def test_an_aliquot_of_more_than_five_ml_is_remarked_on() -> None:
    bench = Bench()
    assert "every 5 mL" in str(bench.fields(7.0)["why"])
    assert bench.fields(5.0)["why"] is None


def test_an_aspiration_records_the_volume_since_the_last() -> None:
    bench = Bench()
    bench.fields(4.0)
    (entry,) = bench.aspirate()
    assert entry == Entry("aspiration", {"blood": False, "volume_ml_since_last": 4.0})


@pytest.mark.hazard("intravascular")
def test_after_blood_every_aliquot_is_refused_until_a_clean_aspiration_or_a_reason() -> None:
    bench = Bench()
    bench.aspirate(blood=True)
    assert "Blood" in bench.view.next_step
    assert whats(bench.inject(3.0)) == ["injection-refused"]
    assert whats(bench.inject(3.0, "the blood was old, from the skin")) == ["injection"]
    bench.aspirate()
    assert whats(bench.inject(3.0)) == ["injection"]


def test_the_time_of_the_last_dose_is_the_aliquots_not_the_aspirations() -> None:
    bench = Bench()
    assert bench.view.last_dose_t is None
    bench.fields(3.0)
    bench.aspirate()
    assert bench.view.last_dose_t == 20.0


@pytest.mark.hazard("overdose")
def test_without_a_weight_no_fraction_is_claimed_and_the_absolute_limit_still_guards() -> None:
    bench = Bench(kg=None)
    fields = bench.fields(30.0)
    assert fields["fraction"] is None
    assert fields["fraction_at_least"] == pytest.approx(150 / 300)
    assert "No weight" in str(fields["why"])
    assert (bench.view.fraction, bench.view.left_ml) == (None, None)
    assert whats(bench.inject(31.0)) == ["injection-refused"]


def test_without_a_solution_volumes_are_recorded_and_no_dose_is_claimed() -> None:
    bench = Bench(solution=None)
    assert bench.begun == []
    assert bench.guard.view() is None
    fields = bench.fields(5.0)
    assert (fields["volume_ml"], fields["drug"], fields["total_mg"], fields["fraction"]) == (5.0, None, None, None)
    assert "--solution" in str(fields["why"])
    assert bench.view.volume_ml == 5.0


@pytest.mark.parametrize("volume_ml", [0.0, -5.0, float("nan"), float("inf"), 501.0])
def test_an_impossible_volume_is_refused_even_with_a_reason(volume_ml: float) -> None:
    bench = Bench()
    assert whats(bench.inject(volume_ml, "why not")) == ["injection-refused"]
    assert bench.view.volume_ml == 0.0


@given(st.lists(st.floats(0.1, 10.0), max_size=20))
def test_the_total_is_the_sum_of_the_accepted_aliquots(volumes_ml: list[float]) -> None:
    bench = Bench()
    injected_ml = [ml for ml in volumes_ml if "injection" in whats(bench.inject(ml))]
    assert bench.view.volume_ml == pytest.approx(sum(injected_ml))
    assert bench.view.at_least == pytest.approx(sum(injected_ml) / 42.0)
    assert sum(injected_ml) <= 42.0 * (1 + 1e-6)
