"""A live procedure and its replay: the same signal, pulses, entries and electrodes give the same decisions."""

from __future__ import annotations

from pathlib import Path

from drivers.recording import Recording
from guidance.common.errors import DONE
from guidance.contracts.commands import OperatorNote
from guidance.engine.settings import Mode
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.signal import SIGNAL_NAME
from guidance.reprocess.differences import compare
from guidance.reprocess.inputs import Reprocessed
from guidance.reprocess.procedure import reprocess_procedure
from tests.guidance.session.virtual import VirtualBench
from tests.support.recorded_procedure import record_procedure
from tests.support.streams import evoked


def reprocessed(bench: VirtualBench) -> Reprocessed:
    return reprocess_procedure(max(bench.store.glob(f"*/{EVENTS_NAME}")).parent)


def differences(result: Reprocessed) -> list[object]:
    return [each for row in compare(result) for each in row.differences]


def test_an_automatic_procedure_with_entries_and_an_electrode_off_differs_in_nothing(bench: VirtualBench) -> None:
    bench.after(6.0, lambda: bench.seat.send(OperatorNote("redirect")))
    patient = bench.device.patient
    bench.after(9.0, lambda: patient.set_lead_off(0, off=True))
    bench.after(11.0, lambda: patient.set_lead_off(0, off=False))
    bench.after(13.0, lambda: bench.seat.send(OperatorNote("injection")))
    assert bench.run(18.0, Mode.AUTO).status == DONE
    result = reprocessed(bench)
    assert differences(result) == []
    today = {(event["what"]) for event in result.today if event["kind"] == "entry"}
    assert {"redirect", "injection"} <= today
    assert [event["active"] for event in result.today if event.get("code") == "lead-off"] == [True, False]
    assert any(event["why"] == "injectate" for event in result.today if event["kind"] == "proximity")


def test_a_procedure_with_the_plug_pulled_differs_in_nothing(bench: VirtualBench) -> None:
    bench.after(4.0, bench.unplug)
    bench.after(5.0, bench.replug)
    assert bench.run(10.0).status == DONE
    result = reprocessed(bench)
    assert bench.lines[-1]["lost_samples"] > 1000
    assert [event["active"] for event in result.today if event.get("code") == "samples-lost"][:1] == [True]
    assert differences(result) == []


def test_the_options_of_the_command_line_are_those_of_the_replay(bench: VirtualBench) -> None:
    assert bench.run(5.0, window_ms=(3.0, 40.0), criterion_uv=80.0, silent_pulses=2).status == DONE
    result = reprocessed(bench)
    assert result.today[0]["settings"] == result.then[0]["settings"]
    assert result.then[0]["settings"] == {
        "window_ms": [3.0, 40.0],
        "criterion_uv": 80.0,
        "current_ma": None,
        "silent_pulses": 2,
        "probe_widths": False,
    }
    assert differences(result) == []


def test_a_procedure_that_probed_with_other_widths_differs_in_nothing(bench: VirtualBench) -> None:
    bench.device.patient.steer(4.5, 0.0, 2.0)
    assert bench.run(14.0, Mode.AUTO, probe_widths=True).status == DONE
    result = reprocessed(bench)
    assert {event["width_ms"] for event in result.then if event["kind"] == "stimulus"} >= {0.1, 0.3}
    assert result.today[0]["settings"]["probe_widths"] is True
    assert differences(result) == []


def test_a_listening_procedure_differs_in_nothing(tmp_path: Path) -> None:
    result = reprocess_procedure(record_procedure(tmp_path, evoked(300.0, 10), mode=Mode.LISTEN))
    assert [event["source"] for event in result.today if event["kind"] == "stimulus"] == ["artefact"] * 10
    assert differences(result) == []


def test_pulses_found_by_their_artefact_are_annotated_for_other_programs(tmp_path: Path) -> None:
    folder = record_procedure(tmp_path, evoked(300.0, 10), mode=Mode.LISTEN)
    assert len(Recording(folder / SIGNAL_NAME).pulses) == 10


def test_decisions_on_record_that_do_not_come_again_are_listed(bench: VirtualBench, tmp_path: Path) -> None:
    bench.run(5.0)
    result = reprocessed(bench)
    lost = [event for event in result.today if event["kind"] != "response"]
    rows = {row.what: row for row in compare(Reprocessed(result.name, result.then, lost, result.signal_s))}
    assert rows["detected"].today == 0
    assert len(rows["detected"].differences) == rows["detected"].recorded > 0
    assert {each.today for each in rows["detected"].differences} == {None}
