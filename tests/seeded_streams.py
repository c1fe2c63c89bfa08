"""Event streams of three seeded procedures, to be compared between two versions of the program.

Run as ``python -m tests.seeded_streams [--texts]`` and compare what two checkouts print. Host times and the program's
version are left out, and so is free text; ``--texts`` prints the free texts alone, each once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from drivers.base import Block, Button, Channel, DeviceInfo, Pulse
from drivers.simulated.in_process import InProcessAmplifier
from drivers.simulated.patient import Patient
from guidance.contracts.commands import (
    Aliquot,
    Arm,
    Aspiration,
    HoldCurrent,
    OperatorCommand,
    OperatorNote,
    ReleaseControl,
    Stop,
    TakeControl,
    TurnDial,
)
from guidance.contracts.events import TimedRecord
from guidance.contracts.origin import Origin
from guidance.contracts.record_serializer import RecordSerializer
from guidance.dose.drugs import load as load_drugs
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from guidance.session.device import LiveDevice
from guidance.session.stimulation_setup import stimulation_within

WALL_TIME = "2026-01-01T00:00:00+00:00"
ORIGIN = Origin(live=True, simulated=True)
HOST_FIELDS = ("mono_ns", "lag_ms", "sounded_ns", "wall_time", "program")
FREE_TEXT = ("text", "why", "note", "protocol_unsourced", "protocol_assumed", "estimate", "reason", "ask")

Step = tuple[float, tuple[OperatorCommand, ...]]
"""Seconds to let pass, and what the operator does at their beginning."""


def closed_loop() -> Iterator[TimedRecord]:
    """A block in automatic mode: the needle goes in and back, an aliquot is given, the operator takes the current."""
    patient = Patient(11, sample_rate_hz=10_000, scenario="hold", start_mm=9.0)
    amplifier = InProcessAmplifier(patient)
    dose = plan_of(load_drugs(), DosePatient(70.0), "ropivacaine 0.5%")
    settings = Settings(load("femoral"), Mode.AUTO, dose=dose, side="left")
    engine = Engine(settings, amplifier.info, WALL_TIME, stimulation_within(settings, amplifier.limits))
    device = LiveDevice(amplifier, requests_pulses=True)
    yield engine.begin(ORIGIN)
    steps: tuple[Step, ...] = (
        (1.0, ()), (12.0, (Arm(),)), (1.0, (HoldCurrent(),)), (2.0, (TakeControl(), TurnDial(2))),
        (2.0, (TurnDial(-3),)),
        (3.0, (ReleaseControl(),)), (1.0, (OperatorNote("contact"),)), (0.5, (Aspiration(blood=False),)),
        (2.0, (Aliquot(1.0),)),
        (1.0, (Aspiration(blood=True),)), (1.0, (Aliquot(3.0),)), (2.0, (OperatorNote("note", "resistance felt"),)),
        (1.0, (Stop(),)), (3.0, (Arm(),)),
    )  # fmt: skip
    speed_mm_s = 1.0
    patient.steer(10.5, 0.0, speed_mm_s)
    for seconds, messages in steps:
        for turn in range(round(seconds * 100)):
            yield from engine.step(device.read(0.0), round(amplifier.t * 1e9), () if turn else messages)
            device.act(engine.actions)
    pressed = Block(patient.sample, patient.advance(100), buttons=(Button(patient.sample - 50, 0, pressed=True),))
    yield from engine.step([pressed], round(amplifier.t * 1e9))
    yield from engine.end("operator")


def listening() -> Iterator[TimedRecord]:
    """An external stimulator: pulses found by their artefact in a recording, the dial turned at times."""
    patient = Patient(23, sample_rate_hz=10_000, scenario="hold", start_mm=3.0)
    info = DeviceInfo("made", "1", "made:", 10_000.0, tuple(Channel(name, 10_000.0) for name in patient.muscles.names))
    engine = Engine(Settings(load("generic-block"), Mode.LISTEN, current_ma=1.0), info, WALL_TIME)
    yield engine.begin(ORIGIN)
    current_ma = 1.0
    patient.steer(2.5, 0.0, 0.25)
    for turn in range(100):
        stimuli = [(0.3, current_ma, 0.1)] if turn % 5 == 0 and turn > 4 else []
        messages = (TurnDial(-1),) if turn % 20 == 10 else ()
        current_ma -= 0.05 * len(messages)
        yield from engine.step([Block(patient.sample, patient.advance(1000, stimuli))], None, messages)
    yield from engine.end("duration")


def needle_emg() -> Iterator[TimedRecord]:
    """Botulinum toxin: a needle guided by its own EMG, a pulse given by hand between."""
    patient = Patient(5, sample_rate_hz=10_000, needle=True, scenario="hold", start_mm=6.0)
    patient.voluntary.commanded_effort = 0.18
    info = DeviceInfo("made", "1", "made:", 10_000.0, (Channel("needle", 10_000.0),))
    engine = Engine(Settings(load("botulinum-fcr"), Mode.LISTEN), info, WALL_TIME)
    yield engine.begin(ORIGIN)
    patient.steer(4.0, 0.0, 0.5)
    for turn in range(120):
        messages = (OperatorNote("rest"),) if turn == 20 else (OperatorNote("activate"),) if turn == 50 else ()
        patient.voluntary.commanded_effort = 0.0 if 20 <= turn < 50 else 0.18
        first = patient.sample
        pulses = (Pulse(first + 10, current_ma=0.5, width_ms=0.1),) if turn == 90 else ()
        yield from engine.step([Block(first, patient.advance(1000), pulses)], None, messages)
    yield from engine.end("duration")


def lines(made: Iterator[TimedRecord]) -> Iterator[dict[str, Any]]:
    """Each record as the stream has it."""
    numbering = RecordSerializer()
    for item in made:
        yield json.loads(numbering.line(item, 0))


def comparable(value: Any) -> Any:
    """``value`` without what another version or host may change."""
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items() if key not in (*HOST_FIELDS, *FREE_TEXT)}
    return [comparable(item) for item in value] if isinstance(value, list) else value


def free_texts(value: Any, key: str = "") -> Iterator[str]:
    """Every free text in ``value``."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from free_texts(item, name if name in FREE_TEXT or not key else key)
    elif isinstance(value, list):
        for item in value:
            yield from free_texts(item, key)
    elif isinstance(value, str) and key in FREE_TEXT:
        yield f"{key}: {value}"


def main(arguments: list[str]) -> None:
    """Print the three streams, or with ``--texts`` the free texts in them."""
    for procedure in (closed_loop, listening, needle_emg):
        records = list(lines(procedure()))
        print(f"# {procedure.__name__}: {len(records)} records")
        if "--texts" in arguments:
            print(*sorted({text for record in records for text in free_texts(record)}), sep="\n")
        else:
            print(*(json.dumps(comparable(record)) for record in records), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
