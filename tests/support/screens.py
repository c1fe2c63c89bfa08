"""A link on a pipe and realistic Snapshots, for tests of the screen."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from textual.pilot import Pilot

from guidance.contracts.commands import OperatorCommand
from guidance.contracts.events import Proximity
from guidance.contracts.snapshot import (
    TRAIL,
    EventView,
    JournalView,
    Snapshot,
    SoundView,
    StimulatorView,
    SweepView,
    TimelineView,
)
from guidance.contracts.task_views import DoseView
from guidance.ui.linked import LinkedApp

CRITERION_UV = 50.0
NOTES = ("redirect", "contact", "pain", "paraesthesia", "blood")
_HUMPS = ((1.0, 3.5, 1.8), (-0.8, 8.0, 2.6), (0.15, 15.0, 3.0))


class FakeLink:
    """A Link whose engine is the test: ``feed`` Snapshots, ``die``, and read ``sent``."""

    def __init__(self) -> None:
        self._read_fd, self._write_fd = os.pipe()
        self._waiting: deque[Snapshot] = deque()
        self.sent: list[OperatorCommand] = []
        self.is_dead = False

    def feed(self, snapshot: Snapshot) -> None:
        self._waiting.append(snapshot)
        os.write(self._write_fd, b"s")

    def die(self) -> None:
        self.is_dead = True
        os.close(self._write_fd)

    def close(self) -> None:
        if not self.is_dead:
            self.die()
        os.close(self._read_fd)

    def fileno(self) -> int:
        return self._read_fd

    def receive(self) -> Snapshot | None:
        if self._waiting:
            os.read(self._read_fd, len(self._waiting))
            newest = self._waiting.pop()
            self._waiting.clear()
            return newest
        if self.is_dead:
            raise EOFError
        return None

    def send(self, message: OperatorCommand) -> None:
        if self.is_dead:
            raise BrokenPipeError
        self.sent.append(message)


async def press_twice(pilot: Pilot[str], key: str) -> None:
    """Press the key that leaves twice, too far apart for a burst."""
    app = pilot.app
    assert isinstance(app, LinkedApp)
    app._leaving.least_gap_s = 0.0
    await pilot.press(key, key)
    await pilot.pause()


def _wave(size_uv: float, latency_ms: float) -> NDArray[np.float64]:
    """Return a biphasic muscle response of ``size_uv`` peak to peak, from 0 to 80 ms at 3 kHz."""
    t = np.arange(240) / 3.0 - latency_ms
    humps = [part * np.exp(-(((t - at) / width) ** 2)) for part, at, width in _HUMPS]
    shape = np.sum(humps, axis=0, dtype=np.float64)
    return np.asarray(size_uv * shape / np.ptp(shape))


def build_sweep(pulse: int, *, detected: bool | None = None, contaminated: bool = False) -> SweepView:
    """Return sweep number ``pulse`` of a recruitment curve; noise and size depend only on ``pulse``."""
    rng = np.random.default_rng(pulse)
    current_ma = 0.3 + 0.1 * (pulse * 5 % 11)
    size_uv = 900.0 / (1.0 + np.exp(-(current_ma - 0.75) * 9)) * rng.uniform(0.8, 1.2)
    found = size_uv > CRITERION_UV if detected is None else detected
    latency_ms = 21.0 + rng.normal(0.0, 0.4)
    uv = rng.normal(0.0, 9.0, 240) + (_wave(size_uv, latency_ms) if found else 0.0)
    if contaminated:
        uv += 140.0 * np.convolve(rng.normal(0.0, 1.0, 240), np.ones(4) / 2, "same")
    return SweepView(
        pulse_index=pulse + 1,
        start_ms=0.0,
        step_ms=1 / 3,
        uv=uv.astype(np.float32),
        detected=found,
        contaminated=contaminated,
        amplitude_uv=float(size_uv) if found else float(np.ptp(uv[40:150])),
        latency_ms=latency_ms if found and not contaminated else None,
        p_value=0.0004 if found else 0.41,
        current_ma=current_ma,
    )


def _sweeps(last: int) -> tuple[SweepView, ...]:
    return tuple(build_sweep(pulse, contaminated=pulse % 17 == 9) for pulse in range(max(last - 59, 0), last + 1))


def build_emg(moment: int, columns: int = 400) -> NDArray[np.float32]:
    rng = np.random.default_rng(1)
    size = rng.gamma(2.0, 6.0, columns) + 60.0 * (np.arange(columns) % 97 < 7)
    rolled = np.roll(np.stack([-size, size * rng.uniform(0.7, 1.1, columns)], axis=1), -moment, axis=0)
    return rolled.astype(np.float32)


def build_snapshot(last_pulse: int = 70, **changes: Any) -> Snapshot:
    """Return a replay at its ``last_pulse``-th pulse; ``changes`` replace fields."""
    sweeps = _sweeps(last_pulse)
    gaps = np.zeros(400, np.bool_)
    gaps[205:212] = True
    snapshot = Snapshot(
        t=last_pulse * 1.7,
        source="mep_human_recruitment_7intensities.edf",
        live=False,
        simulated=None,
        protocol="generic-block",
        mode="listen",
        position_s=last_pulse * 1.7 + 0.3,
        duration_s=190.0,
        speed=1.0,
        paused=False,
        ended=None,
        window_ms=(13.0, 50.0),
        criterion_uv=CRITERION_UV,
        channel="FDI right",
        sweeps=sweeps,
        stimuli=last_pulse + 1,
        responses=last_pulse + 1,
        detections=sum(sweep.detected for sweep in sweeps),
        lost_samples=0,
        rms_uv=8.7,
        mains_uv=1.2,
        emg=build_emg(last_pulse),
        emg_gaps=gaps,
        emg_span_s=5.0,
        title="Nerve block, any motor nerve",
        notes=NOTES,
    )
    return replace(snapshot, **changes)


def build_stimulator(**changes: Any) -> StimulatorView:
    """Return an armed stimulator that delivered what was requested."""
    stimulator = StimulatorView(
        armed=True,
        current_ma=0.52,
        wanted_ma=0.48,
        max_ma=5.0,
        width_ms=0.1,
        pulse_rate_hz=2.0,
        delivered_ma=0.52,
        impedance_kohm=6.4,
        doing="following the threshold",
    )
    return replace(stimulator, **changes)


def build_proximity(zone: str, median_ma: float, spread: float = 1.3, **changes: Any) -> Proximity:
    """Return a valid estimate of ``median_ma`` at 0.1 ms, within a factor ``spread``, most probably in ``zone``."""
    interval = (median_ma / spread, median_ma, median_ma * spread)
    shares = dict.fromkeys(("none", "far", "approach", "target", "close"), 0.0) | {zone: 0.87}
    proximity = Proximity(
        sample=1000,
        threshold_ma=interval,
        threshold_0p1ms_ma=interval,
        distance_mm=(median_ma * 1.4, median_ma * 2.0, median_ma * 3.1),
        zone=zone,
        zone_probability=shares,
        valid=True,
        why=None,
    )
    return replace(proximity, **changes)


def unknown_proximity(why: str, zone: str | None = None) -> Proximity:
    """Return an estimate that is not valid."""
    return Proximity(1000, None, None, None, zone, None, valid=False, why=why)


def build_live(last_pulse: int = 70, **changes: Any) -> Snapshot:
    """Return a live procedure near the nerve, its stimulator armed; ``changes`` replace fields."""
    live: dict[str, Any] = {
        "source": "ONA-2 reference 00417",
        "live": True,
        "simulated": False,
        "mode": "auto",
        "duration_s": None,
        "window_ms": (2.0, 25.0),
        "stimulator": build_stimulator(),
        "proximity": build_proximity("target", 0.38),
    }
    return build_snapshot(last_pulse, **live | changes)


def build_dose(**changes: Any) -> DoseView:
    """Return a dose of 20 mL so far for a patient of 70 kg."""
    dose = DoseView(
        solution="ropivacaine 0.5 %",
        volume_ml=20.0,
        total_mg=(("ropivacaine", 100.0),),
        fraction=100 / 210,
        at_least=100 / 210,
        level="",
        left_ml=22.0,
        last_dose_t=100.0,
        aspirate_in_ml=0.0,
        next_step="Aspirate before the next aliquot.",
    )
    return replace(dose, **changes)


EVENTS = (
    EventView(0.5, "note", "side: left"),
    EventView(8.0, "stimulator", "stimulator armed, by operator"),
    EventView(40.2, "note", "redirect"),
    EventView(70.0, "alarm", "too-close: The tip may be in the nerve. Withdraw.", "high"),
    EventView(99.0, "dose", "aspirated, no blood"),
    EventView(100.0, "dose", "injected 5 mL, 20 mL in all, 47.6 % of the limit"),
)


def build_past(last_s: float = 118.0, **changes: Any) -> TimelineView:
    """Return a timeline with a pulse every 0.7 s from 8 s on and a threshold that falls from 3 mA; it depends only on
    ``last_s``.
    """
    times_s = np.arange(8.0, last_s, 0.7)
    trail = np.zeros(len(times_s), TRAIL)
    median_ma = 3.0 * np.exp(-times_s / 55.0)
    current_ma = median_ma * (0.8 + 0.1 * (np.arange(len(times_s)) * 3 % 5))
    found = current_ma > median_ma
    trail["t"], trail["current_ma"], trail["kohm"] = times_s, current_ma, 6.0 + 0.2 * np.sin(times_s / 9.0)
    trail["detected"], trail["amplitude_uv"] = found, np.where(found, 400.0, 12.0)
    trail["latency_ms"] = np.where(found, 8.1, np.nan)
    trail["low_ma"], trail["median_ma"], trail["high_ma"] = median_ma * 0.75, median_ma, median_ma * 1.3
    for name in ("low_ma", "median_ma", "high_ma"):
        trail[name][:9] = np.nan
    return replace(TimelineView(trail, EVENTS), **changes)


def build_whole(last_pulse: int = 70, **changes: Any) -> Snapshot:
    """Return a live procedure in which everything is known."""
    known: dict[str, Any] = {
        "dose": build_dose(),
        "sound": SoundView("on", "tempo", 0.8, 0.3),
        "journal": JournalView("ok", "/store/20261128T180000Z-generic-block", 412.0),
        "patient": "A. B. 1950",
        "side": "left",
        "patient_kg": 70.0,
        "lead_off": (False,),
        "past": build_past(),
    }
    return build_live(last_pulse, **known | changes)
