"""Pulses that nobody requested, in a whole procedure: off, an alarm, and nothing learned; a flood is a device fault."""

from __future__ import annotations

import time

import pytest

from guidance.common.errors import DONE
from guidance.engine.settings import Mode
from guidance.reprocess.procedure import reprocess_procedure
from tests.guidance.session.virtual import VirtualBench
from tests.support.event_rules import faults

RATE_HZ = 5000


def teaches_nothing(bench: VirtualBench) -> bool:
    """Return whether no response is recorded for a pulse that was not requested."""
    stray = {line["sample"] for line in bench.of("stimulus", unrequested=True)}
    return bool(stray) and not [line for line in bench.of("response") if line["sample"] in stray]


@pytest.mark.hazard("unrequested-pulse")
@pytest.mark.parametrize("stray_hz", ["5", "26"])
def test_pulses_that_nobody_requested_switch_off_for_good(bench: VirtualBench, stray_hz: str) -> None:
    bench.set_after(4.0, "stray-hz", stray_hz)
    assert bench.run(8.0, Mode.AUTO).status == DONE
    assert faults(bench.lines) == []
    (alarm,) = bench.of("alarm", code="stimulus-unrequested")
    assert (alarm["priority"], alarm["active"]) == ("high", True)
    assert alarm["t"] < 4.5
    off = bench.of("command", by="safety")[0]
    assert "no train was requested" in off["why"]
    assert not [line for line in bench.of("command", enabled=True) if line["t"] > off["t"]]
    assert teaches_nothing(bench)


def test_pulses_while_the_stimulator_is_off_are_an_alarm(bench: VirtualBench) -> None:
    bench.set_after(0.3, "stray-hz", "5")
    bench.run(4.0, Mode.AUTO)
    assert faults(bench.lines) == []
    (alarm,) = bench.of("alarm", code="stimulus-unrequested")
    assert alarm["t"] < 1.0
    assert not bench.of("command", enabled=True)
    assert not bench.of("response")
    assert teaches_nothing(bench)


def test_the_pulses_of_an_independent_stimulator_raise_no_alarm(bench: VirtualBench) -> None:
    for i in range(12):
        bench.after(1.5 + i / 2, lambda: bench.device.give_foreign_pulse(1.0, 0.1, bench.clock.now_ns))
    bench.set_after(0.3, "stray-hz", "0")
    bench.run(8.0, Mode.LISTEN, current_ma=1.0)
    assert bench.of("stimulus")
    assert not bench.of("alarm", code="stimulus-unrequested")


@pytest.mark.hazard("unrequested-pulse")
def test_a_flood_of_reports_is_a_fault_of_the_device_and_bounded_in_cost(bench: VirtualBench) -> None:
    bench.set_after(4.0, "made-up-hz", "4000")
    bench.set_after(7.0, "made-up-hz", "0")
    began = time.process_time()
    assert bench.run(12.0, Mode.AUTO).status == DONE
    assert time.process_time() - began < 60.0
    assert faults(bench.lines) == []
    begun, over = bench.of("alarm", code="device-fault")
    assert (begun["priority"], begun["active"], over["active"]) == ("high", True, False)
    assert begun["t"] < 5.0
    assert len(bench.of("stimulus")) < 800
    assert not [line for line in bench.of("stimulus", unrequested=False) if line["t"] > 4.1]
    assert not [line for line in bench.of("response") if line["sample"] / RATE_HZ > 4.1]


def test_a_rerun_learns_nothing_from_them_either(bench: VirtualBench) -> None:
    bench.set_after(3.5, "stray-hz", "5")
    bench.run(6.0, Mode.AUTO)
    (folder,) = (path.parent for path in bench.store.glob("*/events.jsonl"))
    again = reprocess_procedure(folder)
    counts = [[len([line for line in lines if line["kind"] == kind]) for kind in ("stimulus", "response")]
              for lines in (again.then, again.today)]  # fmt: skip
    assert counts[0] == counts[1]


def test_requests_and_reports_agree_on_a_sound_device(bench: VirtualBench) -> None:
    bench.set_after(0.5, "stim-shift-ms", "90")
    bench.set_after(5.0, "stim-shift-ms", "-90")
    bench.run(10.0, Mode.AUTO)
    assert len(bench.of("stimulus")) > 10
    assert not bench.of("stimulus", unrequested=True)
    assert not bench.of("alarm", code="stimulus-unrequested")
