"""The traces of the course, from the simulated patient with fixed seeds. Nothing here was recorded from a person."""

from __future__ import annotations

from functools import cache

import numpy as np

from drivers.simulated.background import Pops
from drivers.simulated.needle_emg import SimulatedNeedleEmg
from drivers.simulated.needle_field import STEP_MS, FibreField
from drivers.simulated.nerve import Tip
from drivers.simulated.patient import Patient
from guidance.contracts.lesson import Trace, Uv

RATE_HZ = 10_000
_SEED = 3
_FAST_MM_S = 50.0
"""Speed at which the needle is brought to its place before a trace begins."""

FAR_MM = 1.0
"""How far outside the muscle the needle lies for the potential from afar."""

SLIGHT, MEDIUM, FULL = 0.08, 0.35, 1.0
"""Efforts of the interference pattern, of the largest."""


def _needle_patient(seed: int = _SEED, channels: int = 1) -> tuple[Patient, SimulatedNeedleEmg]:
    """Return a patient with a recording needle in a relaxed muscle, and its muscle."""
    patient = Patient(seed, sample_rate_hz=RATE_HZ, channels=channels, scenario="hold", still=True, needle=True)
    muscle = patient.voluntary
    if not isinstance(muscle, SimulatedNeedleEmg):
        raise TypeError("a patient with a needle has needle EMG")
    muscle.commanded_effort = 0.0
    return patient, muscle


def _move_to(patient: Patient, ahead_mm: float, aside_mm: float) -> None:
    truth = patient.truth()
    patient.steer(truth.ahead_mm - ahead_mm, aside_mm - truth.aside_mm, _FAST_MM_S)  # advancing lessens ahead_mm
    patient.advance(2 * RATE_HZ)


def _record(patient: Patient, muscle: SimulatedNeedleEmg, effort: float, seconds: float) -> Uv:
    """Return ``seconds`` of all channels at ``effort``, once the muscle has settled."""
    muscle.commanded_effort = effort
    patient.advance(RATE_HZ)
    return np.asarray(patient.advance(round(seconds * RATE_HZ)), np.float32)


def _around_peak(uv: Uv, before_ms: float, after_ms: float) -> Uv:
    """Return the stretch around the largest value of ``uv`` that lies wholly inside it."""
    before, after = round(before_ms * RATE_HZ / 1e3), round(after_ms * RATE_HZ / 1e3)
    at = before + int(np.abs(uv[before : len(uv) - after]).argmax())
    return uv[at - before : at + after]


@cache
def electrodes() -> tuple[Trace, Trace]:
    """Return one slight contraction at the needle and on the skin, of the same moment."""
    patient, muscle = _needle_patient(channels=2)
    _move_to(patient, 0.0, muscle.plates_mm + 8.0)
    uv = _record(patient, muscle, SLIGHT, 2.0)
    first = round(0.5 * RATE_HZ)
    part = slice(first, first + round(0.2 * RATE_HZ))
    half_uv = _half(uv[part, 0])
    return (
        Trace("needle in the muscle", uv[part, 0], RATE_HZ, half_uv),
        Trace("skin above it", uv[part, 1], RATE_HZ, half_uv),
    )


@cache
def distances() -> tuple[Trace, Trace, Trace]:
    """Return a potential of slight effort inside the muscle and one FAR_MM outside it, and 2 s of the near ones."""
    patient, muscle = _needle_patient()
    _move_to(patient, 0.0, muscle.plates_mm + 8.0)
    near = _record(patient, muscle, SLIGHT, 2.0)[:, 0]
    _move_to(patient, muscle.half_depth_mm + FAR_MM, muscle.plates_mm + 8.0)
    far = _record(patient, muscle, SLIGHT, 2.0)[:, 0]
    near_part, far_part = _around_peak(near, 10.0, 20.0), _around_peak(far, 10.0, 20.0)
    return (
        Trace("near: inside its territory", near_part, RATE_HZ, _half(near_part)),
        Trace("far: outside the muscle", far_part, RATE_HZ, _half(far_part)),
        Trace("near, 2 s", near, RATE_HZ, _half(near)),
    )


@cache
def resting() -> tuple[Trace, Trace, Trace]:
    """Return the burst as a needle moves in a muscle at rest, and 0.3 s and 2 s of the activity beside an end-plate."""
    patient, muscle = _needle_patient()
    places = np.arange(-muscle.half_depth_mm, muscle.half_depth_mm, 0.1)
    nearest = min(places, key=lambda ahead_mm: muscle.plate_distance_mm(Tip(ahead_mm, muscle.plates_mm)))
    _move_to(patient, float(nearest), muscle.plates_mm)
    plate = _record(patient, muscle, 0.0, 2.0)[:, 0]
    burst = _insertion()
    return (
        Trace("the needle moves, then stops", burst, RATE_HZ, _half(burst)),
        Trace("beside an end-plate", plate[: round(0.3 * RATE_HZ)], RATE_HZ, _half(plate)),
        Trace("beside an end-plate, 2 s", plate, RATE_HZ, _half(plate)),
    )


def _insertion() -> Uv:
    """Return 0.6 s of noise with a burst of single-fibre potentials for 0.25 s, drawn for this page: the simulated
    muscle has no insertional activity of its own.
    """
    rng = np.random.default_rng(_SEED)
    uv = 4.0 * rng.standard_normal(round(0.6 * RATE_HZ))
    field, step = FibreField(), round(1e3 / RATE_HZ / STEP_MS)
    for at in np.sort(rng.integers(round(0.05 * RATE_HZ), round(0.3 * RATE_HZ), 90)):
        wave = field.sum(rng.uniform(0.08, 0.5, 1), rng.uniform(6.0, 16.0, 1), np.zeros(1))[::step]
        wave = wave[: len(uv) - at]
        uv[at : at + len(wave)] += wave
    return uv.astype(np.float32)


@cache
def efforts() -> tuple[Trace, Trace, Trace]:
    """Return 0.3 s of slight, medium and full effort at one place, each drawn at the height that holds it."""
    patient, muscle = _needle_patient()
    _move_to(patient, 0.0, muscle.plates_mm + 8.0)
    parts = [_record(patient, muscle, effort, 0.3)[:, 0] for effort in (SLIGHT, MEDIUM, FULL)]
    names = ("slight effort", "medium effort", "full effort")
    slight, medium, full = (Trace(name, uv, RATE_HZ, _half(uv)) for name, uv in zip(names, parts, strict=True))
    return slight, medium, full


@cache
def rising_effort() -> Trace:
    """Return 3 s of an effort that rises from slight to full."""
    patient, muscle = _needle_patient()
    _move_to(patient, 0.0, muscle.plates_mm + 8.0)
    steps = []
    for effort in np.linspace(SLIGHT, FULL, 15):
        muscle.commanded_effort = float(effort)
        steps.append(patient.advance(round(0.2 * RATE_HZ))[:, 0])
    uv = np.concatenate(steps).astype(np.float32)
    return Trace("rising effort", uv, RATE_HZ, _half(uv))


@cache
def artefacts() -> tuple[Trace, Trace, Trace]:
    """Return mains at an open electrode, an electrode pop, and a stimulus with the response that follows it."""
    patient, muscle = _needle_patient()
    patient.set_lead_off(0, off=True)
    mains = _record(patient, muscle, 0.0, 0.2)[:, 0]
    _, pop = Pops(np.random.default_rng(_SEED), RATE_HZ, 1).until(600.0)[0]
    quiet = _record(*_needle_patient(), 0.0, 0.2)[:, 0]
    popped = quiet.copy()
    at = round(0.05 * RATE_HZ)
    length = min(len(pop), len(popped) - at)
    popped[at : at + length] += pop[:length, 0]
    return (
        Trace("mains: an electrode is loose", mains, RATE_HZ, _half(mains)),
        Trace("a pop: an electrode moves", popped, RATE_HZ, _half(popped)),
        _stimulus(),
    )


def _stimulus() -> Trace:
    patient = Patient(_SEED, sample_rate_hz=RATE_HZ, scenario="hold", start_mm=1.0, still=True)
    patient.voluntary.commanded_effort = 0.0
    patient.advance(RATE_HZ)
    current_ma = 1.5 * patient.truth().threshold_ma
    uv = patient.advance(round(0.05 * RATE_HZ), [(0.01 * RATE_HZ, min(current_ma, 5.0), 0.1)])[:, 0]
    return Trace("a stimulus, then the response", np.asarray(uv, np.float32), RATE_HZ, _half(uv))


def _half(uv: Uv) -> float:
    """Return the height in uV at which ``uv`` is drawn: its largest value, rounded up to two digits."""
    largest = max(float(np.abs(uv).max()), 1.0)
    step = 10 ** (np.floor(np.log10(largest)) - 1)
    return float(np.ceil(largest / step) * step)
