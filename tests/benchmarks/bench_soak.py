"""Growth of memory, descriptors and threads in a long procedure: ``python -m tests.benchmarks.bench_soak [MINUTES]``.

With MINUTES, in real time: simulated amplifier, engine, sound (a null loudspeaker) and screen (its own terminal), as
``needle-guidance run`` starts them. With ``--hours H`` instead, on the virtual clock: engine and record in this process
before a simulated patient. Growth is the slope after the first ten minutes.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from drivers.simulated import SimulatedDevice
from drivers.simulated.in_process import InProcessAmplifier
from drivers.simulated.patient import Patient
from guidance.common.memory import RELEASE_S, release_free
from guidance.contracts.commands import Arm
from guidance.contracts.origin import Origin
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.journal.record import ProcedureRecord
from guidance.protocol import load
from guidance.session.device import LiveDevice
from guidance.session.event_writer import EventWriter
from guidance.session.stimulation_setup import stimulation_within
from tests.benchmarks.bench_live import Terminal, armed
from tests.support.processes import engine_pid, lines
from tests.support.pulse_audio import own_sound

SETTLED_S = 600.0
"""What is loaded and allocated in the first ten minutes is no growth."""
EVERY_S = 30.0
_ROW_S = 600.0
_ARM_AGAIN_S = 10.0
_RATE_HZ, _BLOCK_S = 2_000, 0.1
"""Sampling rate and length of a block on the virtual clock: a fifth of the usual rate, five times the usual length, so
that eight hours take a quarter of one."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process uses at time ``t`` in s: resident memory in MB, open descriptors, threads."""

    t: float
    memory_mb: float
    descriptors: int
    threads: int


def usage_of(pid: int, t: float) -> Usage:
    """Read what process ``pid`` uses (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    values = {line.split(":")[0]: line.split()[1] for line in status if line.startswith(("VmRSS", "Threads"))}
    descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Usage(t, int(values["VmRSS"]) / 1024, descriptors, int(values["Threads"]))


def growth_mb_h(found: list[Usage]) -> float | None:
    """Slope of the memory after ``SETTLED_S`` in MB an hour; None where fewer than three values are left."""
    settled = [one for one in found if one.t >= SETTLED_S]
    if len(settled) < 3:
        return None
    return float(np.polyfit([one.t / 3600 for one in settled], [one.memory_mb for one in settled], 1)[0])


def row(who: str, found: list[Usage]) -> str:
    """One row of the table."""
    settled = [one for one in found if one.t >= SETTLED_S] or found
    first, last, slope = settled[0], settled[-1], growth_mb_h(found)
    growth = "not known" if slope is None else f"{slope:+.2f}"
    return (
        f"{who:10}{first.memory_mb:9.1f}{last.memory_mb:9.1f}{growth:>11}"
        f"{first.descriptors:8d} ->{last.descriptors:4d}{first.threads:7d} ->{last.threads:3d}"
    )


HEADING = "          MB at 10 min   at end   MB/hour   descriptors     threads"


def sound_pid(engine: int) -> int:
    """Process id of the engine's sound process."""
    children = Path(f"/proc/{engine}/task/{engine}/children").read_text(encoding="utf-8").split()
    (found,) = [pid for pid in children if b"guidance.audio" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return int(found)


def real_time(minutes: float, store: Path) -> tuple[dict[str, list[Usage]], list[dict[str, Any]], int]:
    """Run an armed procedure with screen and sound; returns the usage of each process, the record, the exit status."""
    with own_sound(), SimulatedDevice(3, channels=1, sample_rate_hz=10_000, scenario="hold", start_mm=3.0) as device:
        terminal = Terminal("run", "--device", device.address, "--store", str(store))
        armed(terminal, store)
        engine = engine_pid(store)
        pids = {"engine": engine, "sound": sound_pid(engine), "screen": terminal.pid, "simulator": device.pid}
        found: dict[str, list[Usage]] = {who: [] for who in pids}
        began = time.monotonic()
        while (t := time.monotonic() - began) < minutes * 60:
            for who, pid in pids.items():
                found[who].append(usage_of(pid, t))
            print(
                f"{t:6.0f} s  " + "  ".join(f"{who} {u[-1].memory_mb:.1f}" for who, u in found.items()), file=sys.stderr
            )
            if not terminal.read_for(EVERY_S):
                break
        status = terminal.end()
        return found, lines(store), status


def virtual(hours: float, store: Path) -> Iterator[Usage]:
    """Run an armed engine with its record for ``hours`` of device time; yields what this process uses."""
    patient = Patient(3, sample_rate_hz=_RATE_HZ, scenario="hold", start_mm=3.0)
    amplifier = InProcessAmplifier(patient, block_s=_BLOCK_S)
    settings = Settings(load("generic-block"), Mode.AUTO, pulse_rate_hz=1.0, headless=True)
    stimulation = stimulation_within(settings, amplifier.limits)
    engine = Engine(settings, amplifier.info, "2026-01-01T00:00:00+00:00", stimulation)
    device = LiveDevice(amplifier, requests_pulses=True)
    record = ProcedureRecord(store / "soak", amplifier.info, datetime(2026, 1, 1, tzinfo=UTC))
    writer = EventWriter(record.journal)
    writer.write(engine.begin(Origin(live=True, simulated=True)))
    due = arm_due = release_due = 0.0
    messages: tuple[Arm, ...] = ()
    while amplifier.t < hours * 3600:
        if amplifier.t >= due:
            gc.collect()
            yield usage_of(os.getpid(), amplifier.t)
            due += _ROW_S
        if amplifier.t >= arm_due and not stimulation.armed:
            arm_due, messages = amplifier.t + _ARM_AGAIN_S, (Arm(),)
        (block,) = device.read(0.0)
        record.write_blocks([block])
        for timed in engine.step([block], round(amplifier.t * 1e9), messages):
            record.annotate(timed)
            writer.write(timed)
        messages = ()
        if amplifier.t >= release_due:
            release_due += RELEASE_S
            release_free()
        device.act(engine.actions)
    for timed in engine.end("duration"):
        writer.write(timed)
    record.close()
    writer.close()


def report_real(minutes: float) -> None:
    """Run in real time and print the table."""
    with tempfile.TemporaryDirectory() as name:
        store = Path(name)
        found, written, status = real_time(minutes, store)
        megabytes = sum(path.stat().st_size for path in store.rglob("*") if path.is_file()) / 1e6
    end, alarms = written[-1], sorted({line["code"] for line in written if line["kind"] == "alarm"})
    print(f"{minutes:g} min in real time, screen and sound, {os.cpu_count()} cores\n{HEADING}")
    print("\n".join(row(who, usages) for who, usages in found.items()))
    underruns = max((line.get("underruns") or 0 for line in written if line["kind"] == "signal"), default=0)
    print(f"lost samples {end.get('lost_samples')} of {end.get('samples')}, sound underruns {underruns}")
    print(
        f"record {megabytes:.1f} MB, {megabytes / minutes * 60:.0f} MB an hour; alarms: {', '.join(alarms) or 'none'}"
    )
    print(f"ended: {end.get('reason')}, status {status}")


def report_virtual(hours: float) -> None:
    """Run on the virtual clock and print the table."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "soak").mkdir()
        began, found = time.monotonic(), list[Usage]()
        for usage in virtual(hours, Path(name)):
            found.append(usage)
            print(f"{usage.t:6.0f} s  {usage.memory_mb:.1f} MB", file=sys.stderr, flush=True)
        took_s, written = time.monotonic() - began, lines(Path(name))
        megabytes = sum(path.stat().st_size for path in Path(name).rglob("*") if path.is_file()) / 1e6
    print(f"{hours:g} h of device time at {_RATE_HZ} Hz in {took_s / 60:.0f} min, engine and record\n{HEADING}")
    print(row("process", found))
    end, alarms = written[-1], sorted({line["code"] for line in written if line["kind"] == "alarm"})
    print(
        f"lost samples {end['lost_samples']} of {end['samples']}, pulses {end['stimuli']}, record {megabytes:.1f} MB; "
        f"alarms: {', '.join(alarms) or 'none'}"
    )


def main() -> None:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=60.0)
    parser.add_argument("--hours", type=float)
    options = parser.parse_args()
    if options.hours:
        report_virtual(options.hours)
    else:
        report_real(options.minutes)


if __name__ == "__main__":
    main()
