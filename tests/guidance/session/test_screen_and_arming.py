"""Who may arm, and what happens to the stimulator when the screen freezes or is lost."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from drivers.ona.frames import FrameReader
from drivers.simulated import messages as ona
from guidance.common.errors import BAD_ARGUMENTS, DONE, FAILED
from guidance.contracts.commands import Acknowledge, Arm, OperatorNote, Quit, Stop, TurnDial
from guidance.engine.settings import Mode
from guidance.journal import store
from guidance.session import screen_loss
from tests.guidance.session.virtual import VirtualBench
from tests.support.event_rules import faults


def test_before_a_screen_nothing_is_stimulated_until_the_operator_arms(bench: VirtualBench) -> None:
    bench.arm_after(4.0)
    assert bench.run(6.0, screen=True).status == DONE
    armed = bench.of("command", enabled=True)[0]
    assert (armed["by"], armed["t"] > 3.9) == ("operator", True)
    assert min(pulse["t"] for pulse in bench.of("stimulus")) > 3.9


def test_without_a_screen_it_arms_when_the_signal_has_been_fit_for_a_second(bench: VirtualBench) -> None:
    bench.run(4.0)
    assert bench.of("command", enabled=True)[0]["by"] == "controller"
    assert 1.9 < min(pulse["t"] for pulse in bench.of("stimulus")) < 2.5


def test_the_operator_stops_at_once(bench: VirtualBench) -> None:
    bench.arm_after(1.0)
    bench.after(3.0, lambda: bench.seat.send(Stop()))
    bench.run(5.0, screen=True)
    assert bench.of("command", enabled=False)[0]["by"] == "operator"
    assert max(pulse["t"] for pulse in bench.of("stimulus")) < 3.1
    assert not bench.is_enabled


@pytest.mark.hazard("frozen-screen")
def test_a_frozen_screen_switches_off_within_a_second_and_the_record_goes_on(bench: VirtualBench) -> None:
    bench.arm_after(1.0)
    bench.after(3.0, lambda: setattr(bench.seat, "frozen", True))
    bench.after(6.0, lambda: setattr(bench.seat, "frozen", False))
    assert bench.run(8.0, screen=True).status == DONE
    off = bench.of("command", by="safety")[0]
    assert 4.0 <= off["t"] < 4.1
    assert "screen" in off["why"]
    assert max(pulse["t"] for pulse in bench.of("stimulus")) < 4.1
    gone, back = bench.of("alarm", code="display-lost")
    assert (gone["priority"], gone["active"], back["active"]) == ("high", True, False)
    assert [line["t"] for line in bench.of("signal")][-1] > 7.0


def test_a_screen_that_is_gone_switches_off_and_the_record_goes_on_for_a_while(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen_loss, "SCREENLESS_S", 4.0)
    bench.arm_after(1.0)
    bench.after(3.0, lambda: setattr(bench.seat, "gone", True))
    outcome = bench.run(20.0, screen=True)
    assert outcome.status == FAILED
    assert "screen" in (outcome.sentence or "")
    assert max(pulse["t"] for pulse in bench.of("stimulus")) < 3.1
    assert bench.of("alarm", code="display-lost", active=True)[0]["t"] < 3.1
    assert (bench.lines[-1]["reason"], round(bench.lines[-1]["t"])) == ("error", 7)


def test_a_later_start_ends_a_procedure_whose_screen_is_gone(bench: VirtualBench) -> None:
    def request_end() -> None:
        (next(bench.store.iterdir()) / store._END_REQUEST_NAME).touch()

    bench.after(3.0, lambda: setattr(bench.seat, "gone", True))
    bench.after(5.0, request_end)
    bench.run(20.0, screen=True)
    assert bench.lines[-1]["reason"] == "operator"
    assert 5.0 <= bench.lines[-1]["t"] < 5.7


def test_a_refusal_to_arm_names_its_reason(bench: VirtualBench) -> None:
    bench.after(1.0, lambda: bench.device.patient.set_lead_off(0, True))
    bench.arm_after(2.0)
    bench.run(3.0, screen=True)
    (refused,) = bench.of("command", by="safety")
    assert refused["why"] == "not armed: an electrode is off"
    assert not bench.of("stimulus")


def test_a_lost_device_cannot_be_armed(bench: VirtualBench) -> None:
    bench.after(1.0, bench.unplug)
    bench.arm_after(2.0)
    bench.after(3.0, bench.replug)
    bench.run(4.0, screen=True)
    assert bench.of("command", by="safety")[0]["why"] == "not armed: the amplifier is not connected"


def test_listening_sends_the_stimulator_nothing(bench: VirtualBench) -> None:
    bench.arm_after(1.0)
    bench.after(2.0, bench.unplug)
    bench.after(3.0, bench.replug)
    assert bench.run(6.0, Mode.LISTEN, screen=True).status == DONE
    sent = {frame.type for frame in FrameReader(range(256)).feed(bench.written)}
    assert sent == {ona.HELLO, ona.START, ona.STOP}


def test_a_frozen_screen_raises_an_alarm_in_listen_mode_too(bench: VirtualBench) -> None:
    bench.after(1.0, lambda: setattr(bench.seat, "frozen", True))
    bench.run(4.0, Mode.LISTEN, screen=True)
    assert bench.of("alarm", code="display-lost", active=True)


def test_the_dial_climbs_a_step_at_a_time(bench: VirtualBench) -> None:
    bench.arm_after(1.0)
    bench.after(2.0, lambda: bench.seat.send(TurnDial(40)))
    bench.run(8.0, screen=True, current_ma=0.5)
    requested = [pulse["requested_ma"] for pulse in bench.of("stimulus")]
    assert requested[0] == 0.5
    assert requested[-1] == 2.5
    assert all(later <= max(1.3 * now, now + 0.1) + 1e-6 for now, later in pairwise(requested))


def test_what_the_operator_notes_is_in_the_record(bench: VirtualBench) -> None:
    bench.after(1.0, lambda: bench.seat.send(OperatorNote("redirect")))
    bench.after(1.5, lambda: bench.device.lose(100))
    bench.after(2.0, lambda: bench.seat.send(Acknowledge()))
    bench.after(3.0, lambda: bench.seat.send(Quit()))
    assert bench.run(60.0, screen=True).status == DONE
    (redirect, acknowledged) = bench.of("entry")
    assert redirect["what"] == "redirect"
    assert redirect["fields"]["estimate"].startswith("restarted")
    assert (acknowledged["what"], acknowledged["fields"]) == ("acknowledge", {"alarms": ["samples-lost"]})
    assert bench.lines[-1]["reason"] == "operator"
    assert bench.seat.shown[-1].ended == "operator"


@pytest.mark.parametrize(
    ("requested", "word"),
    [
        ({"current_ma": 5.0, "width_ms": 1.0}, "uC"),
        ({"current_ma": 5.5}, "5.5 mA"),
        ({"current_ma": 1.0, "max_current_ma": 0.5}, "0.5 mA"),
        ({"width_ms": 1.5}, "1.5 ms"),
        ({"pulse_rate_hz": 6.0}, "6 pulses a second"),
    ],
)
def test_a_stimulus_beyond_the_limits_is_refused_before_anything_is_opened(
    bench: VirtualBench, requested: dict[str, Any], word: str
) -> None:
    bench.unplug()
    outcome = bench.run(5.0, **requested)
    assert outcome.status == BAD_ARGUMENTS
    assert word in (outcome.sentence or "")


def test_the_protocols_first_current_is_lowered_to_the_limit(bench: VirtualBench) -> None:
    bench.run(4.0, Mode.AUTO, max_current_ma=0.3)
    assert bench.of("stimulus")
    assert all(pulse["requested_ma"] <= 0.3 for pulse in bench.of("stimulus"))
    assert faults(bench.lines) == []


def test_arming_again_goes_on_from_the_last_pulse(bench: VirtualBench) -> None:
    bench.arm_after(1.0)
    bench.after(2.0, lambda: bench.seat.send(Stop()))
    bench.after(2.2, lambda: bench.seat.send(TurnDial(60)))
    bench.after(2.4, lambda: bench.seat.send(Arm()))
    bench.run(3.2, screen=True, current_ma=0.5)
    requested = [pulse["requested_ma"] for pulse in bench.of("stimulus")]
    assert max(requested) <= 0.5 * 1.3**2 + 1e-6
