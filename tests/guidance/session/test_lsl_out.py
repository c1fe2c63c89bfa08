"""A procedure followed through the Lab Streaming Layer by pylsl's own inlets."""

from __future__ import annotations

import contextlib
import json
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.base import Block, Channel, DeviceInfo
from guidance.common.errors import UsageError
from guidance.session.lsl_outlet import EVENTS, SIGNAL, LslOutlets
from tests.support.processes import headless

pylsl = pytest.importorskip("pylsl")

RATE_HZ = 2000.0
WAIT_S = 15.0


def some_device() -> DeviceInfo:
    return DeviceInfo("Bench", uuid.uuid4().hex, "bench:1", RATE_HZ, (Channel("needle"), Channel("surface")))


@contextlib.contextmanager
def inlet(source_id: str) -> Iterator[Any]:
    (found,) = pylsl.resolve_byprop("source_id", source_id, timeout=WAIT_S)
    opened = pylsl.StreamInlet(found, processing_flags=pylsl.proc_clocksync)
    opened.open_stream(timeout=WAIT_S)
    yield opened
    opened.close_stream()


def block(first: int, count: int = 20) -> Block:
    rows = np.arange(first, first + count, dtype=np.float32)[:, None] * np.array([1.0, -1.0], np.float32)
    return Block(first, rows, arrived_ns=time.monotonic_ns())


def line(kind: str, t: float, **fields: Any) -> bytes:
    return (json.dumps({"kind": kind, "seq": 0, "t": t, "mono_ns": 1} | fields) + "\n").encode()


def test_signal_and_events_reach_an_inlet_stamped_with_when_they_were_recorded() -> None:
    info = some_device()
    outlets = LslOutlets(info)
    source = f"needle-guidance Bench {info.serial} bench:1"
    with inlet(f"{source} signal") as signal, inlet(f"{source} events") as events:
        began_s = pylsl.local_clock()
        for at in range(0, 1000, 20):
            while pylsl.local_clock() < began_s + (at + 20) / RATE_HZ:
                time.sleep(0.001)
            outlets.blocks([block(at)])
        outlets.write(line("stimulus", 0.25, sample=500))
        rows: list[list[float]] = []
        stamps: list[float] = []
        until = time.monotonic() + WAIT_S
        while len(stamps) < 1000 and time.monotonic() < until:
            some, when = signal.pull_chunk(timeout=0.2)
            rows += some
            stamps += when
        text, event_s = events.pull_sample(timeout=WAIT_S)
        described = signal.info(timeout=WAIT_S)
    outlets.close()
    assert described.get_channel_labels() == ["needle", "surface"]
    assert described.get_channel_units() == ["microvolts", "microvolts"]
    assert described.nominal_srate() == RATE_HZ
    assert [row[0] for row in rows] == list(range(1000))
    assert json.loads(text[0])["sample"] == 500
    due = began_s + np.arange(1000) / RATE_HZ
    late = np.array(stamps) - due
    assert -0.002 < np.median(late) < 0.05
    assert event_s == pytest.approx(stamps[500], abs=0.02)


def test_a_lack_of_listeners_delays_nothing() -> None:
    outlets = LslOutlets(some_device())
    before = time.monotonic()
    for at in range(0, 40_000, 20):
        outlets.blocks([block(at)])
        outlets.write(line("signal", at / RATE_HZ))
    assert time.monotonic() - before < 1.0
    outlets.close()


def test_without_pylsl_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    with pytest.raises(UsageError, match=r"needle-guidance\[lsl\]") as fault:
        LslOutlets(some_device())
    assert fault.value.status == 2


@pytest.mark.slow
def test_a_whole_procedure_can_be_followed_from_another_program(tmp_path: Path) -> None:
    seen: set[str] = set()
    samples = 0
    with headless("sim:3", tmp_path, "--lsl-out", "--duration", "60") as process:
        found = pylsl.resolve_bypred("contains(source_id,'sim:3')", 2, 30.0)
        inlets = {stream.name(): pylsl.StreamInlet(stream) for stream in found}
        until = time.monotonic() + 30.0
        while not {"stimulus", "response", "proximity"} <= seen and time.monotonic() < until:
            text, _ = inlets[EVENTS].pull_sample(timeout=0.1)
            seen |= {json.loads(text[0])["kind"]} if text else set()
            samples += len(inlets[SIGNAL].pull_chunk(timeout=0.0)[1])
        process.terminate()
        assert process.wait(WAIT_S) == 0
    assert {"stimulus", "response", "proximity"} <= seen
    assert samples > 2000
