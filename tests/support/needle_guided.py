"""Guidance by needle EMG through the whole engine, on a simulated patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from drivers.base import Block, Channel, DeviceInfo, Limits
from drivers.simulated.patient import Patient
from guidance.contracts.events import TimedRecord
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from guidance.session.stimulation_setup import stimulation_within

RATE_HZ = 10_000
PROTOCOL = load("botulinum-fcr")
INFO = DeviceInfo("made", "1", "made:", RATE_HZ, (Channel("needle", 10_000.0),))
LIMITS = Limits(6.0, 0.01, 0.05, 1.0, 5.0)


def engine(mode: Mode = Mode.LISTEN, *, headless: bool = True) -> Engine:
    settings = Settings(PROTOCOL, mode, headless=headless)
    stimulation = None if mode is Mode.LISTEN else stimulation_within(settings, LIMITS)
    return Engine(settings, INFO, "2026-01-01T00:00:00+00:00", stimulation)


def blocks(uv: np.ndarray, sizes: Sequence[int]) -> Iterator[Block]:
    at = 0
    while at < len(uv):
        for size in sizes:
            part = uv[at : at + size]
            if len(part):
                yield Block(at, part)
            at += size


def in_muscle(start_mm: float, seconds: float, effort: float = 0.18, seed: int = 1) -> np.ndarray:
    patient = Patient(seed, sample_rate_hz=RATE_HZ, needle=True, scenario="hold", start_mm=start_mm, still=True)
    patient.voluntary.commanded_effort = effort
    return patient.advance(round(seconds * RATE_HZ))


def run(guided: Engine, uv: np.ndarray, sizes: Sequence[int] = (500,)) -> list[TimedRecord]:
    return [record for block in blocks(uv, sizes) for record in guided.step([block])]
