"""Procedures of explicit events, written by the program's own writers; each test adds the events it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.contracts.events import Alarm, End, Entry, Proximity, Record, Response, Start, Stimulus, TimedRecord
from guidance.contracts.record_serializer import RecordSerializer
from guidance.journal.record import ProcedureRecord

SAMPLE_RATE_HZ = 2000.0
SERIAL, ADDRESS = "SN-99-7731", "ona:/dev/ttyACM7"
BEGAN = datetime.fromisoformat("2026-03-14T09:26:53+01:00")
CHANNEL = "vastus medialis"
SAMPLES_A_BLOCK = 400


@dataclass
class ScriptedProcedure:
    """The events of a procedure at their device times, and the pulses in its signal."""

    protocol: str = "femoral"
    channel: str = CHANNEL
    began: datetime = BEGAN
    records: list[TimedRecord] = field(default_factory=list)
    pulses: list[Pulse] = field(default_factory=list)
    settings: dict[str, Any] | None = None

    def pulse(
        self, t: float, current_ma: float, responded: bool | None, *, outcome: str = "delivered", width_ms: float = 0.1
    ) -> None:
        """Add a pulse with its response event; ``responded`` None: the sweep was contaminated."""
        sample = round(t * SAMPLE_RATE_HZ)
        unsent = outcome != "delivered"
        delivered_ma = None if unsent else current_ma
        self.pulses.append(Pulse(sample, current_ma=delivered_ma, requested_ma=current_ma, width_ms=width_ms))
        self.add(t, Stimulus(sample, delivered_ma, current_ma, width_ms, 8.25, "device", outcome))
        size, latency = (210.0, 9.5) if responded else (4.0, None)
        self.add(
            t + 0.05,
            Response(sample, self.channel, bool(responded), 0.001, size, latency, contaminated=responded is None),
        )

    def estimate(self, t: float, threshold: tuple[float, float, float]) -> None:
        """Add a valid estimate of the motor threshold (low, median, high) in mA."""
        sample = self.pulses[-1].sample
        zones = {"none": 0.0, "far": 0.0, "approach": 0.0, "target": 1.0, "close": 0.0}
        self.add(t, Proximity(sample, threshold, threshold, (0.5, 1.0, 2.0), "target", zones, valid=True, why=None))

    def entry(self, t: float, what: str, **fields: Any) -> None:
        self.add(t, Entry(what, fields))

    def alarm(self, t: float, code: str, text: str, *, active: bool = True) -> None:
        self.add(t, Alarm(code, "medium", active, text))

    def add(self, t: float, record: Record) -> None:
        self.records.append(TimedRecord(t, record))

    def record_in(self, store: Path, *, ended: bool = True, simulated: bool = False) -> Path:
        """Write the procedure to ``store`` and return its folder."""
        folder = store / f"{self.began.astimezone(UTC):%Y%m%dT%H%M%SZ}-{self.protocol}"
        folder.mkdir(mode=0o700, parents=True)
        model = "Simulated ONA amplifier" if simulated else "NA-4"
        info = DeviceInfo(model, SERIAL, ADDRESS, SAMPLE_RATE_HZ, (Channel(self.channel, 5000.0),))
        record = ProcedureRecord(folder, info, self.began)
        lines = sorted(self.records, key=lambda timed: timed.t)
        last_t = max([1.0, *(timed.t for timed in lines)])
        end = [
            TimedRecord(last_t, End("operator", len(self.pulses), len(self.pulses), round(last_t * SAMPLE_RATE_HZ), 0))
        ]
        numbering = RecordSerializer()
        for timed in [TimedRecord(0.0, self._start(info)), *lines, *(end if ended else [])]:
            record.annotate(timed)
            record.journal.write(numbering.line(timed, 0).encode() + b"\n")
        record.write_blocks(list(_noise_blocks(last_t + 0.5, self.pulses)))
        record.close()
        record.journal.close()
        return folder

    def _start(self, info: DeviceInfo) -> Start:
        device = {
            "model": info.model,
            "serial": info.serial,
            "address": info.address,
            "sample_rate_hz": SAMPLE_RATE_HZ,
            "channels": [self.channel],
        }
        return Start(
            1, "needle-guidance 0.1.0", self.protocol, device, self.began.isoformat(), "manual", settings=self.settings
        )


def femoral_block(*, injected: bool = True) -> ScriptedProcedure:
    """Return a femoral block: responses at 0.5 mA and 0.4 mA, none at 0.3 mA; two aliquots, then no twitch."""
    procedure = ScriptedProcedure()
    procedure.entry(0.0, "dose-plan", weight_kg=70.0, height_cm=None, sex=None, solution="ropivacaine 0.5 %", limits={})
    for number, (current_ma, responded) in enumerate(
        [(1.0, True), (0.5, True), (0.3, False), (0.3, False), (0.4, True)]
    ):
        procedure.pulse(2.0 + number, current_ma, responded)
    procedure.estimate(6.1, (0.31, 0.36, 0.42))
    if injected:
        aliquots(procedure, [8.0, 14.0])
        procedure.pulse(9.0, 0.5, responded=False)
        procedure.alarm(11.0, "twitch-loss", "Twitch lost after the injection at 0.50 mA.")
    return procedure


def aliquots(procedure: ScriptedProcedure, times: Sequence[float], *, aspirated: bool = True) -> None:
    """Add an aliquot of 5 mL at each of ``times``, a second after an aspiration without blood."""
    for number, t in enumerate(times, 1):
        if aspirated:
            procedure.entry(t - 1.0, "aspiration", blood=False, volume_ml_since_last=0.0)
        procedure.entry(
            t, "injection", drug="ropivacaine", concentration="0.5 %", volume_ml=5.0, total_volume_ml=5.0 * number,
            mg={"ropivacaine": 25.0}, total_mg={"ropivacaine": 25.0 * number}, fraction=25.0 * number / 210,
            fraction_at_least=25.0 * number / 210, aspirated=aspirated, reason=None, why=None,
        )  # fmt: skip


def _noise_blocks(seconds: float, pulses: Iterable[Pulse]) -> Iterable[Block]:
    """Yield blocks of noise, with the pulses in their blocks."""
    rng, first = np.random.default_rng(7), 0
    waiting = sorted(pulses, key=lambda pulse: pulse.sample)
    while first < seconds * SAMPLE_RATE_HZ:
        samples = rng.normal(0.0, 5.0, (SAMPLES_A_BLOCK, 1)).astype(np.float32)
        inside = tuple(pulse for pulse in waiting if first <= pulse.sample < first + SAMPLES_A_BLOCK)
        yield Block(first_sample=first, samples=samples, pulses=inside)
        first += SAMPLES_A_BLOCK
