"""Every protocol runs from command line to journal on the simulated patient, in virtual time; three in real time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from guidance.protocol import load, names
from tests.guidance.session.virtual import Line, VirtualBench
from tests.support.command_line import Done, command, started
from tests.support.event_rules import faults, read

SECONDS = "3.5"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VirtualBench:
    return VirtualBench(tmp_path, monkeypatch)


def demo(bench: VirtualBench, name: str, *options: str) -> Done:
    return command(
        "demo", "--protocol", name, "--headless", "--duration", SECONDS, "--store", bench.store, "--no-audio", *options,
        host=bench.host,
    )  # fmt: skip


def armed(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line["kind"] == "command" and line["enabled"]]


def sampled() -> Iterator[object]:
    """Every fourth protocol, and the rest for the slow tests."""
    for at, name in enumerate(names()):
        yield name if at % 4 == 0 else pytest.param(name, marks=pytest.mark.slow)


@pytest.mark.parametrize("name", sampled())
def test_every_protocol_runs_end_to_end(bench: VirtualBench, name: str) -> None:
    done = demo(bench, name)
    assert (done.status, done.is_one_sentence) == (0, True), done.err
    assert f"s recorded in {bench.store}" in done.err
    lines, protocol = bench.lines, load(name)
    assert faults(lines) == []
    assert lines[0]["protocol"] == name
    assert lines[0]["protocol_unsourced"] == list(protocol.unsourced)
    assert lines[-1]["reason"] == "duration"
    assert len(bench.of("signal")) == 3
    stimuli = bench.of("stimulus")
    if protocol.stimulation == "required":
        assert len(stimuli) >= 2
        assert {line["width_ms"] for line in stimuli} == {protocol.width_ms}
        assert stimuli[0]["requested_ma"] == pytest.approx(protocol.start_current_ma)
        assert len(bench.of("response")) >= len(stimuli) - 1
    else:
        assert (stimuli, armed(lines), lines[0]["mode"]) == ([], [], "listen")
    assert not bench.is_enabled


@pytest.mark.parametrize("name", ["botulinum-fds", "piriformis"])
def test_optional_stimulation_is_given_on_request(bench: VirtualBench, name: str) -> None:
    assert demo(bench, name, "--mode", "auto").status == 0
    assert bench.of("stimulus")
    assert armed(bench.lines)


@pytest.mark.parametrize("mode", ["auto", "manual"])
@pytest.mark.parametrize("name", ["relax", "contract-relax"])
def test_requesting_stimulation_is_refused_where_the_protocol_never_stimulates(
    bench: VirtualBench, name: str, mode: str
) -> None:
    done = demo(bench, name, "--mode", mode)
    assert (done.status, done.is_one_sentence) == (2, True), done.err
    assert "does not stimulate" in done.err
    assert not bench.store.exists()


@pytest.mark.parametrize("name", ["fds", "FNB"])
def test_a_name_that_clinicians_use_runs_its_protocol(bench: VirtualBench, name: str) -> None:
    assert demo(bench, name).status == 0
    assert bench.lines[0]["protocol"] == {"fds": "botulinum-fds", "FNB": "femoral"}[name]


def test_the_sites_changes_stand_at_the_start_of_the_record_with_their_reason(bench: VirtualBench, site: Path) -> None:
    (site / "femoral.toml").write_text(
        '[override]\nauthor = "Dr A. Example"\n[override.reasons]\n"stimulus.max_current_ma" = "obese patients"\n'
        '[stimulus]\nmax_current_ma = { value = 5.5, source = "site", certainty = "sourced" }\n'
        '[refs]\nsite = "Minutes"\n',
        encoding="utf-8",
    )
    done = demo(bench, "femoral")
    assert done.status == 0
    assert "femoral as changed by Dr A. Example: stimulus.max_current_ma 5.5 (site) instead of 5.0" in done.err
    (change,) = bench.lines[0]["protocol_changes"]
    assert change == {
        "key": "stimulus.max_current_ma",
        "old": "5.0 (hns12-p9)",
        "new": "5.5 (site)",
        "author": "Dr A. Example",
        "reason": "obese patients",
        "loosens": True,
    }


@pytest.mark.parametrize("name", ["femoral", "botulinum-fds", "relax"])
def test_three_run_as_processes_of_their_own_in_real_time(tmp_path: Path, name: str) -> None:
    process = started(
        "demo", "--protocol", name, "--headless", "--duration", "2", "--store", str(tmp_path), "--events", "-"
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"s recorded in {tmp_path}" in err
    assert len(err.splitlines()) == 1
    lines = read(out)
    assert faults(lines) == []
    assert json.loads(out.splitlines()[0])["protocol"] == name
