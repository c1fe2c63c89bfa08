"""Synthetic signals for biofeedback: muscles in a trial sequence, heart, mains; and the records of the engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np
from scipy.signal import butter, sosfilt

from drivers.base import Block, Channel, DeviceInfo
from guidance.biofeedback.engine import BiofeedbackEngine
from guidance.biofeedback.envelope import Envelope, wide_band
from guidance.biofeedback.onset import ActivityEdge, OnsetDetector
from guidance.biofeedback.phases import ExercisePhase
from guidance.biofeedback.plan import ExercisePlan, plan_of
from guidance.biofeedback.trial_sequence import TrialSequence
from guidance.contracts.events import Record, TimedRecord
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from guidance.protocol.library import load_sheet
from guidance.protocol.sheet import BiofeedbackProtocol
from guidance.signal.sweep.basis import Array

R = TypeVar("R", bound=Record)
Person = Callable[[ExercisePhase], tuple[float, ...]]
"""The effort of each muscle in a phase, in uV of RMS."""

REST_UV, FULL_UV = 2.0, 200.0


def exercise(name: str, **changes: object) -> ExercisePlan:
    """Return the plan of protocol ``name`` with short times; ``changes`` replace fields."""
    sheet = load_sheet(name).sheet
    assert isinstance(sheet, BiofeedbackProtocol)
    short = {"rest_s": 8.0, "work_s": 5.0, "pause_s": 4.0, "effort_s": 2.0}
    return replace(plan_of(sheet)[0], **{**short, **changes})  # type: ignore[arg-type]


def emg(rng: np.random.Generator, samples: int, sample_rate_hz: float) -> Array:
    """Return noise in the band of surface EMG with RMS 1."""
    high_hz = min(200.0, 0.45 * sample_rate_hz)
    wave = sosfilt(
        butter(2, (30.0, high_hz), "bandpass", fs=sample_rate_hz, output="sos"), rng.standard_normal(samples + 500)
    )
    return np.asarray(wave[500:] / np.std(wave[500:]))


def mains(samples: int, sample_rate_hz: float, uv: float, hz: float = 50.03) -> Array:
    """Return mains slightly off its frequency, with a third harmonic if the sample rate allows."""
    t = np.arange(samples) / sample_rate_hz
    third = 0.3 * uv * np.sin(6 * math.pi * hz * t + 1.0) if 6 * hz < sample_rate_hz else 0.0
    return np.asarray(uv * np.sin(2 * math.pi * hz * t) + third)


def heart(samples: int, sample_rate_hz: float, uv: float, rng: np.random.Generator) -> Array:
    """Return QRS complexes of ``uv`` about every 0.85 s."""
    t = np.arange(samples) / sample_rate_hz
    wave, at = np.zeros(samples), 0.4
    while at < t[-1]:
        for size, offset, width in ((-0.15, -0.025, 0.008), (1.0, 0.0, 0.01), (-0.25, 0.028, 0.01)):
            wave += uv * size * np.exp(-(((t - at - offset) / width) ** 2))
        at += 0.85 + float(rng.normal(0, 0.02))
    return wave


def follows(plan: ExercisePlan) -> Person:
    """Return a person who follows the prompts, with 60 % effort in the exercise, or with the level of the trial."""

    def effort(phase: ExercisePhase) -> tuple[float, ...]:
        if phase.name == "effort":
            return tuple(FULL_UV if at == phase.channel else REST_UV for at in range(2))
        works = phase.name == "work" and plan.wants_above
        goal = plan.goal_of(phase.trial) if phase.trial else None
        share = 0.6 if goal is None else goal.share
        return (share * FULL_UV if works else REST_UV, REST_UV)

    return effort


def sequence_of(plan: ExercisePlan, names: tuple[str, ...] = ("agonist", "antagonist")) -> TrialSequence:
    return TrialSequence(plan, names, (wide_band(1000.0), None))


def walk(sequence: TrialSequence, person: Person, *, seed: int = 0, most: int = 60_000) -> list[Record]:
    """Run ``sequence`` with a person whose envelope varies by 5 %, and return the records."""
    rng = np.random.default_rng(seed)
    result: list[Record] = []
    for _ in range(most):
        if sequence.over:
            return result
        values = tuple(uv * float(1 + 0.05 * rng.standard_normal()) for uv in person(sequence.phase))
        result += sequence.step(values, values)
    raise AssertionError("the sequence did not end")


def of_kind(records: Iterable[Record], kind: type[R]) -> list[R]:
    return [record for record in records if isinstance(record, kind)]


def schedule(plan: ExercisePlan) -> list[tuple[ExercisePhase, float]]:
    """Return all phases of a successful visit, each with the second at which it begins."""
    sequence, t = sequence_of(plan), 0.0
    phases: list[tuple[ExercisePhase, float]] = [(sequence.phase, 0.0)]
    person = follows(plan)
    while not sequence.over:
        values = person(sequence.phase)
        sequence.step(values, values)
        t += 0.01
        if sequence.phase is not phases[-1][0]:
            phases.append((sequence.phase, t))
    return phases


def person_signal(plan: ExercisePlan, sample_rate_hz: float, seed: int = 0) -> Array:
    """Return the signal (samples, 2) in uV of a person who follows ``plan`` from beginning to end."""
    rng = np.random.default_rng(seed)
    phases = schedule(plan)
    samples = round(phases[-1][1] * sample_rate_hz) + round(sample_rate_hz)
    size, person = np.full((samples, 2), REST_UV), follows(plan)
    for phase, begin in phases:
        size[round(begin * sample_rate_hz) :] = person(phase)
    return np.stack([emg(rng, samples, sample_rate_hz) * size[:, at] for at in range(2)], axis=1)


def info_of(sample_rate_hz: float, channels: int = 2) -> DeviceInfo:
    names = ("agonist", "antagonist")[:channels]
    return DeviceInfo("made", "", "made:", sample_rate_hz, tuple(Channel(name, 5000.0) for name in names))


def engine_of(plan: ExercisePlan, sample_rate_hz: float, channels: int = 2) -> BiofeedbackEngine:
    settings = Settings(load("relax"), Mode.LISTEN)
    info = info_of(sample_rate_hz, channels)
    return BiofeedbackEngine(settings, plan, info, tuple(range(channels)), "2026-01-01T00:00:00+00:00")


def blocks(signal: Array, sizes: Iterator[int]) -> Iterator[Block]:
    """Cut ``signal`` (samples, channels) into blocks of ``sizes``."""
    at = 0
    while at < len(signal):
        stop = min(at + max(next(sizes), 1), len(signal))
        yield Block(at, signal[at:stop].astype(np.float32))
        at = stop


def run_engine(engine: BiofeedbackEngine, cut: Iterable[Block]) -> list[TimedRecord]:
    return [timed for block in cut for timed in engine.step([block])]


def activity_edges(samples: Array, sample_rate_hz: float, block_s: float = 0.02) -> list[ActivityEdge]:
    """Return the edges that this program finds in ``samples`` (n,) in uV, fed in blocks of ``block_s``."""
    envelope, detector = Envelope(sample_rate_hz, wide_band(sample_rate_hz), 0.1), OnsetDetector()
    found: list[ActivityEdge] = []
    size = round(block_s * sample_rate_hz)
    for at in range(0, len(samples), size):
        envelope(samples[at : at + size])
        for mean_square in envelope.mean_squares:
            found += detector.step(float(mean_square))
    return found
