"""Four channels at 30 kHz through the engine in real time, on record or not: what each step takes."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.engine.loop import Engine
from guidance.journal.record import ProcedureRecord
from guidance.journal.store import new_procedure
from guidance.session.event_writer import EventWriter
from tests.support.recorded_procedure import NOW
from tests.support.streams import settings

CHANNELS, RATE_HZ, PULSE_HZ, STEP = 4, 30_000, 2, 120
INFO = DeviceInfo("bench", "", "", float(RATE_HZ), tuple(Channel(f"EMG{i}", 5000.0) for i in range(CHANNELS)))


@dataclass(frozen=True, slots=True)
class Load:
    """What ``seconds`` of real time took; ``megabytes_s`` went to the disk."""

    seconds: float
    cpu_percent: float
    median_ms: float
    p99_ms: float
    megabytes_s: float


def load(store: Path | None, seconds: float) -> Load:
    """Run ``seconds`` in real time; without a ``store`` nothing is kept."""
    blocks = _blocks(seconds)
    engine = Engine(settings(), INFO, NOW.isoformat())
    with ExitStack() as stack:
        record = None if store is None else ProcedureRecord(new_procedure(store, "load", NOW), INFO, NOW)
        writer = EventWriter(record.journal if record else None)
        stack.callback(writer.close)
        if record:
            stack.callback(record.close)
        begun, cpu_s, took = time.monotonic(), time.process_time(), []
        for number, block in enumerate(blocks, 1):
            time.sleep(max(0.0, begun + number * STEP / RATE_HZ - time.monotonic()))
            took.append(_step(engine, writer, record, block))
        cpu_s, passed_s = time.process_time() - cpu_s, time.monotonic() - begun
    size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file()) if store else 0
    median_ms, p99_ms = np.percentile(np.array(took) * 1e3, [50, 99])
    return Load(seconds, 100 * cpu_s / passed_s, float(median_ms), float(p99_ms), size / 1e6 / seconds)


def _step(engine: Engine, writer: EventWriter, record: ProcedureRecord | None, block: Block) -> float:
    """Seconds that a step takes, as a session makes it."""
    begun = time.perf_counter()
    if record:
        record.write_blocks([block])
    for made in engine.step([block]):
        if record:
            record.annotate(made)
        writer.write(made)
    return time.perf_counter() - begun


def _blocks(seconds: float) -> list[Block]:
    rng = np.random.default_rng(1)
    uv = rng.normal(0.0, 8.0, (int(seconds * RATE_HZ), CHANNELS)).astype(np.float32)
    at = range(RATE_HZ, len(uv), RATE_HZ // PULSE_HZ)
    pulses = [Pulse(sample, current_ma=0.5, width_ms=0.1) for sample in at]
    times_ms = np.arange(RATE_HZ // 30) / RATE_HZ * 1e3
    artefact = (2000.0 * np.exp(-times_ms / 0.3)).astype(np.float32)
    for pulse in pulses:
        part = uv[pulse.sample : pulse.sample + len(artefact)]
        part += artefact[: len(part), None]
    return [
        Block(i, uv[i : i + STEP], tuple(pulse for pulse in pulses if i <= pulse.sample < i + STEP))
        for i in range(0, len(uv), STEP)
    ]
