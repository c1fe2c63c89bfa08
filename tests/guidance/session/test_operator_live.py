"""The operator's actions in a whole procedure, through the real driver: pedal, hold, current control, release."""

from __future__ import annotations

from guidance.contracts.commands import HoldCurrent, ReleaseControl, TakeControl, TurnDial
from guidance.engine.settings import Mode
from tests.guidance.session.virtual import VirtualBench
from tests.support.event_rules import faults


def test_the_amplifiers_pedal_stops_for_good_in_a_headless_run(bench: VirtualBench) -> None:
    bench.after(4.0, lambda: bench.device.press(1, pressed=True))
    bench.after(4.2, lambda: bench.device.press(1, pressed=False))
    bench.run(9.0)
    assert faults(bench.lines) == []
    assert [entry["fields"] for entry in bench.of("entry", what="button")] == [{"button": 1, "did": "stop"}]
    off = bench.of("command", by="operator", enabled=False)[0]
    assert off["why"] == "button 1 was pressed"
    assert [pulse for pulse in bench.of("stimulus") if pulse["t"] < off["t"]]
    assert not [pulse for pulse in bench.of("stimulus") if pulse["t"] > off["t"] + 0.1]
    assert not bench.is_enabled


def test_hold_current_control_and_release_reach_the_device_and_the_record(bench: VirtualBench) -> None:
    bench.arm_after(2.0)
    for seconds, message in ((5.0, HoldCurrent()), (8.0, TakeControl()), (8.1, TurnDial(-1)), (11.0, ReleaseControl())):
        bench.after(seconds, lambda message=message: bench.seat.send(message))  # type: ignore[misc]
    bench.run(14.0, Mode.AUTO, screen=True)
    assert faults(bench.lines) == []
    pulses = [(pulse["t"], pulse["requested_ma"]) for pulse in bench.of("stimulus")]
    held = {ma for t, ma in pulses if 5.5 < t < 7.9}
    turned = {ma for t, ma in pulses if 8.7 < t < 10.9}
    assert (len(held), len(turned)) == (1, 1)
    turned_ma = turned.pop()
    assert abs(held.pop() - turned_ma - 0.05) < 1e-6
    assert turned_ma not in {ma for t, ma in pulses if t > 11.2}
    owners = [shown.stimulator.current_owner for shown in bench.seat.shown if shown.stimulator]
    assert [c for c, before in zip(owners, [None, *owners], strict=False) if c != before] == [
        "controller", "held", "operator", "controller",
    ]  # fmt: skip
