"""The upper end of the protocol's volume is a limit of the dose guard, shown beside the volume given."""

from __future__ import annotations

from guidance.alarms.board import AlarmBoard
from guidance.contracts.commands import Aliquot, Aspiration
from guidance.contracts.events import Entry
from guidance.contracts.task_views import DoseView
from guidance.dose.guard import DoseGuard
from guidance.protocol import load
from guidance.ui.widgets.dose_line import volume_words


def given(guard: DoseGuard, volume_ml: float, reason: str = "") -> Entry:
    list(guard.obey(Aspiration(), 1.0))
    entry = next(iter(guard.obey(Aliquot(volume_ml, reason), 1.0)))
    assert isinstance(entry, Entry)
    return entry


def view(guard: DoseGuard) -> DoseView:
    found = guard.view()
    assert found is not None
    return found


def test_an_aliquot_beyond_the_protocols_volume_is_held_until_a_reason_is_given() -> None:
    guard = DoseGuard(None, AlarmBoard(), load("tibial-ankle").volume_ml)
    assert given(guard, 8.0).what == "injection"
    held = given(guard, 4.0)
    assert held.what == "injection-refused"
    assert "12 mL; the protocol's volume ends at 10 mL" in held.fields["why"]
    assert view(guard).held_ml == 4.0
    assert given(guard, 4.0, "large foot").what == "injection"


def test_the_volume_given_stands_beside_the_protocols_upper_end() -> None:
    guard = DoseGuard(None, AlarmBoard(), (5.0, 10.0))
    given(guard, 2.5)
    assert volume_words(view(guard)) == "2.5 of 10 mL"


def test_a_protocol_without_a_volume_limits_none() -> None:
    guard = DoseGuard(None, AlarmBoard(), load("generic-block").volume_ml)
    assert given(guard, 50.0).what == "injection"
    assert volume_words(view(guard)) == "50 mL"
