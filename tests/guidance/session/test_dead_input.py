"""A dead input is not a patient: live it raises an alarm and no pulse is delivered; in a recording it is reported."""

from __future__ import annotations

import pytest

from drivers.simulated.dead_input import Converter
from guidance.common.errors import DONE
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode
from guidance.reprocess.procedure import reprocess_procedure
from tests.guidance.session.virtual import VirtualBench
from tests.support.event_rules import faults
from tests.support.stimulated_streams import stimulated
from tests.support.streams import Stream, event_lines, records_of, settings

DIES_S = 5.0


@pytest.mark.hazard("dead-input")
@pytest.mark.parametrize(("how", "within_s"), [("zero", 0.4), ("held", 0.4), ("repeat", 0.7)])
def test_a_dead_input_is_an_alarm_and_ends_the_stimulation(bench: VirtualBench, how: str, within_s: float) -> None:
    bench.set_after(DIES_S, "dead-input", how)
    assert bench.run(12.0, Mode.AUTO).status == DONE
    assert faults(bench.lines) == []
    (alarm,) = bench.of("alarm", code="signal-dead")
    assert (alarm["active"], alarm["priority"]) == (True, "high")
    assert "dead" in alarm["text"]
    assert alarm["t"] <= DIES_S + within_s
    (off,) = [line for line in bench.of("command", by="safety") if "dead" in (line["why"] or "")]
    assert off["t"] <= alarm["t"] + 0.1
    assert not bench.is_enabled
    assert not [pulse for pulse in bench.of("stimulus") if pulse["t"] > off["t"] + 0.05]


@pytest.mark.hazard("dead-input")
@pytest.mark.parametrize("how", ["zero", "held", "repeat"])
def test_nothing_is_detected_from_a_dead_input(bench: VirtualBench, how: str) -> None:
    bench.set_after(4.85, "dead-input", how)
    bench.run(9.0, Mode.AUTO)
    dead = [line for line in bench.of("response") if line["sample"] / 5000 > 4.85]
    assert dead
    assert all(line["contaminated"] and not line["detected"] and "dead" in line["why"] for line in dead)
    (alarm,) = bench.of("alarm", code="signal-dead")
    assert not [line for line in bench.of("proximity", valid=True) if line["t"] > alarm["t"]]


def test_it_goes_on_when_the_input_recovers(bench: VirtualBench) -> None:
    bench.set_after(4.0, "dead-input", "zero")
    bench.set_after(6.0, "dead-input", "off")
    bench.run(12.0, Mode.AUTO)
    begun, over = bench.of("alarm", code="signal-dead")
    assert (begun["active"], over["active"]) == (True, False)
    assert 6.9 < over["t"] < 7.2
    assert [pulse for pulse in bench.of("stimulus") if pulse["t"] > over["t"] + 1.0]
    assert [line for line in bench.of("response") if line["t"] > over["t"] + 1.0 and not line["contaminated"]]


def test_a_rerun_finds_the_same_dead_input(bench: VirtualBench) -> None:
    bench.set_after(4.0, "dead-input", "zero")
    bench.run(6.0, Mode.AUTO)
    (folder,) = (path.parent for path in bench.store.glob("*/events.jsonl"))
    again = reprocess_procedure(folder)
    codes = [[(line["code"], line["t"]) for line in lines if line["kind"] == "alarm" and line["code"] == "signal-dead"]
             for lines in (again.then, again.today)]  # fmt: skip
    assert codes[0] == codes[1]
    assert codes[0]


def with_filled_gap(first_s: float, stop_s: float) -> Stream:
    stream = stimulated(5.0, 0.31, 0.4)
    for channel in stream.channels:
        channel[int(first_s * stream.sample_rate_hz) : int(stop_s * stream.sample_rate_hz)] = 0.0
    return stream


def test_a_filled_gap_of_a_recording_is_reported_without_an_alarm() -> None:
    lines = event_lines(records_of(with_filled_gap(2.0, 3.2), settings()))
    entries = [line for line in lines if line["kind"] == "entry"]
    assert [(entry["what"], entry["fields"]["active"]) for entry in entries] == [
        ("signal-dead", True), ("signal-dead", False),
    ]  # fmt: skip
    assert 2.3 <= entries[0]["t"] <= 2.4
    assert not [line for line in lines if line["kind"] == "alarm" and line["code"] == "signal-dead"]
    inside = [line for line in lines if line["kind"] == "response" and 2.0 <= line["sample"] / 4000 <= 3.2]
    assert inside
    assert all(line["contaminated"] and not line["detected"] for line in inside)
    known = [line for line in lines if line["kind"] == "proximity"]
    assert {line["why"] for line in known if 2.4 < line["t"] < 4.0} == {"signal-dead"}


@pytest.mark.parametrize("size", [7, 50, 1000])
def test_no_cutting_changes_what_is_reported_of_a_dead_stretch(size: int) -> None:
    stream = with_filled_gap(1.0, 1.7)
    assert event_lines(records_of(stream, settings(), stream.every(size))) == event_lines(
        records_of(stream, settings())
    )


def test_a_dead_input_raises_an_alarm_while_an_independent_stimulator_is_used() -> None:
    stream = with_filled_gap(2.0, 5.0)
    engine = Engine(settings(Mode.LISTEN), stream.info, "")
    lines = event_lines([*engine.step(list(stream.blocks(stream.every(400))), 1)])
    assert [line["active"] for line in lines if line["kind"] == "alarm" and line["code"] == "signal-dead"] == [True]


def test_a_hung_converter_repeats_its_buffer_whatever_is_requested() -> None:
    converter = Converter(1, 4)
    assert converter.read(b"abcdef", "off") == b"abcdef"
    assert converter.read(b"xxx", "repeat") + converter.read(b"xxxxx", "repeat") == b"cdefcdef"
    assert converter.read(b"xx", "held") == b"ff"
    assert converter.read(b"xx", "zero") == b"\0\0"
