"""The event stream keeps its own rules, whatever input it is made from."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivers.base import Pulse
from drivers.recording import Recording
from guidance.contracts.events import BY_EMG, TimedRecord, unknown_proximity
from guidance.contracts.origin import RECORDED
from guidance.contracts.record_serializer import RecordSerializer
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode
from tests.support.event_rules import Line, faults, read
from tests.support.shared import shared
from tests.support.streams import Stream, evoked, records_of, settings
from tests.support.waves import noise, voluntary


def text_of(made: Sequence[TimedRecord]) -> str:
    numbering = RecordSerializer()
    return "".join(numbering.line(one, 1000 + i) + "\n" for i, one in enumerate(made))


def lines_of(made: Sequence[TimedRecord]) -> list[Line]:
    return read(text_of(made))


def loud() -> Stream:
    stream = evoked(200.0, 20)
    emg = voluntary(np.random.default_rng(1), 12_000, stream.sample_rate_hz, 400.0)
    return replace(stream, channels=(np.concatenate([emg, stream.channels[0][12_000:]]),))


STREAMS = {
    "responses": evoked(300.0, 12, mains_uv=20.0),
    "no responses": evoked(0.0, 12),
    "holes": replace(evoked(300.0, 12), holes=((0, 700), (2000, 2002), (5000, 11_000))),
    "no current known": replace(evoked(300.0, 4), pulses=tuple(Pulse(p.sample) for p in evoked(300.0, 4).pulses)),
    "pulses upon pulses": replace(evoked(300.0, 4), pulses=tuple(Pulse(n, current_ma=1.0) for n in range(500, 700))),
    "voluntary activity": loud(),
    "two channels": replace(evoked(300.0, 6), channels=(evoked(0.0, 6).channels[0], evoked(300.0, 6).channels[0])),
    "a flat line": replace(evoked(300.0, 6), channels=(np.zeros(9000),)),
    "nothing at all": Stream(4000.0, (np.zeros(1),)),
    "samples beyond any input": Stream(4000.0, (noise(np.random.default_rng(1), 9000, 1e8),), evoked(0.0, 3).pulses),
}


@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.LISTEN])
@pytest.mark.parametrize("name", STREAMS)
def test_every_stream_keeps_the_rules(name: str, mode: Mode) -> None:
    assert faults(lines_of(records_of(STREAMS[name], settings(mode)))) == []


def replayed(name: str, mode: Mode) -> str:
    recording = Recording(shared(f"data/streams/{name}.edf"), listen=mode is Mode.LISTEN)
    engine = Engine(settings(mode, (13.0, 50.0), 50.0), recording.info, "2026-01-01T00:00:00+00:00")
    made = [engine.begin(RECORDED)]
    while block := recording.take(750):
        made += engine.step([block])
    return text_of([*made, *engine.end("duration")])


@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.LISTEN])
def test_a_replayed_recording_keeps_the_rules(mode: Mode, tmp_path: Path) -> None:
    text = replayed("mep_human_recruitment_7intensities", mode)
    assert faults(read(text)) == []
    (tmp_path / "events.jsonl").write_text(text, encoding="utf-8")
    checker = [sys.executable, str(shared("spec/check_events.py")), str(tmp_path / "events.jsonl")]
    done = subprocess.run(checker, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "0 faults")


BROKEN = {
    "a hole in seq": lambda lines: lines.pop(3),
    "no end": lambda lines: lines.pop(),
    "a response to no pulse": lambda lines: lines[2].update(sample=7),
    "a response before its pulse": lambda lines: lines.insert(1, lines.pop(2)),
    "an interval out of order": lambda lines: lines[3].update(threshold_ma=[1.0, 0.5, 2.0]),
    "a latency without a detection": lambda lines: lines[2].update(detected=False),
    "not valid without a reason": lambda lines: lines[3].update(valid=False, why=None),
    "a field left out": lambda lines: lines[2].pop("p_value"),
    "a wrong count": lambda lines: lines[-1].update(stimuli=99),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_the_rules_detect_a_broken_stream(fault: str) -> None:
    lines = lines_of(records_of(evoked(300.0, 3), settings()))
    assert [line["kind"] for line in lines[:4]] == ["start", "stimulus", "response", "proximity"]
    BROKEN[fault](lines)
    assert faults(lines)


def test_what_is_not_known_is_null() -> None:
    silent = replace(evoked(0.0, 1), holes=((1300, 1302),))
    lines = lines_of(records_of(replace(silent, pulses=(Pulse(1270),)), settings()))
    stimulus, response, proximity = (lines[i] for i in (1, 3, 4))
    assert {stimulus[key] for key in ("current_ma", "requested_ma", "width_ms", "impedance_kohm")} == {None}
    assert {response[key] for key in ("p_value", "amplitude_uv", "latency_ms")} == {None}
    assert {proximity[key] for key in ("threshold_ma", "distance_mm", "zone", "zone_probability")} == {None}


def test_an_unknown_proximity_has_its_reason_and_nothing_else() -> None:
    unknown = unknown_proximity(7, "stale")
    expected = {"sample": 7, "valid": False, "why": "stale", "by": "stimulus"}
    line = json.loads(RecordSerializer().line(TimedRecord(0.0, unknown), 0))
    assert {key: line[key] for key in expected} == expected
    rest = set(line) - set(expected) - {"kind", "seq", "t", "mono_ns"}
    assert all(line[key] is None for key in rest)


def test_a_search_without_response_is_unknown_in_the_zone_none_whatever_it_searched_by() -> None:
    assert unknown_proximity(7, "silent", by=BY_EMG, searched=True) == replace(
        unknown_proximity(7, "silent"), zone="none", by="needle-emg"
    )
