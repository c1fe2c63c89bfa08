"""Recorded streams replayed through the engine and scored against their labels."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from drivers.recording import Recording
from guidance.contracts.events import Response, Stimulus
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from tests.support.shared import shared

STREAMS = "data/streams"


@dataclass(frozen=True, slots=True)
class Score:
    """How a replay compares with its labels: counts (hit, of) for pulses labelled 1, false ones labelled 0, and the
    relative errors of the amplitude."""

    hits: int
    positives: int
    false: int
    negatives: int
    errors: tuple[float, ...]


def replayed(path: Path, settings: Settings, block_samples: int = 1000) -> tuple[list[Stimulus], list[Response]]:
    """Stimuli and responses of the recording at ``path``."""
    recording = Recording(path, listen=settings.mode is Mode.LISTEN)
    engine = Engine(settings, recording.info, "")
    records = []
    while block := recording.take(block_samples):
        records += [made.record for made in engine.step([block])]
    return [r for r in records if isinstance(r, Stimulus)], [r for r in records if isinstance(r, Response)]


def score(name: str, window_ms: tuple[float, float]) -> Score:
    """Hold a replay of stream ``name`` with a criterion of 50 uV against its labels."""
    settings = Settings(load("generic-block"), Mode.MANUAL, window_ms, 50.0)
    _, responses = replayed(shared(f"{STREAMS}/{name}.edf"), settings)
    sweeps = {response.sample: response for response in responses}
    with shared(f"{STREAMS}/{name}.labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labelled = [(sweeps[int(row["sample"])], float(row["amplitude_uv"])) for row in rows if row["response"] == "1"]
    silent = [sweeps[int(row["sample"])] for row in rows if row["response"] == "0"]
    return Score(
        hits=sum(result.detected for result, _ in labelled),
        positives=len(labelled),
        false=sum(result.detected for result in silent),
        negatives=len(silent),
        errors=tuple(abs((result.amplitude_uv or 0.0) - label) / label for result, label in labelled),
    )
