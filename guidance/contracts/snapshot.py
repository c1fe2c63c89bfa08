"""The newest state of a procedure, as a screen receives it: small, complete, and ready to draw.

Every Snapshot stands for itself: a screen that missed ten draws the eleventh and lacks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from guidance.contracts.events import Proximity
from guidance.contracts.task_views import DoseView, ExerciseView, StopMomentView, ToxinView
from guidance.contracts.zones import USUAL_EDGES_MA, Edges

SCREEN_TAKEN = "screen taken over"
"""``ended`` of the last Snapshot of a screen that another terminal replaces; the procedure itself goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class SweepView:
    """One sweep of the main channel for drawing: ``uv`` (samples,) without artefact and baseline, at times ``start_ms +
    i * step_ms`` after the pulse; and what was measured in it.
    """

    pulse_index: int
    start_ms: float
    step_ms: float
    uv: NDArray[np.float32]
    detected: bool
    contaminated: bool
    amplitude_uv: float | None
    latency_ms: float | None
    p_value: float | None
    current_ma: float | None
    intensity: str = ""
    judged: str | None = None
    note: str | None = None
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An active or not yet acknowledged alarm, in words."""

    code: str
    priority: str
    text: str
    active: bool
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class StimulatorView:
    """The stimulator: ``armed`` or not, the current requested now and wanted next, its limit, and what the last pulse
    delivered; mA, ms, pulses a second, kOhm. ``current_owner``: ``controller``, ``operator``, or ``held``
    where it stays. ``doing`` is what the controller does, ``why`` is why the stimulator was not armed, in words.
    ``sets_current`` is False where the stimulator's own dial sets it. ``offset_ms`` and ``drift_ppm``: how long after
    its request the last pulse was found, and the drift between the clocks; None where there is one clock.
    ``asks``: ``doing`` is a question to the operator.
    """

    armed: bool
    current_ma: float | None
    wanted_ma: float
    max_ma: float
    width_ms: float
    pulse_rate_hz: float
    delivered_ma: float | None
    impedance_kohm: float | None
    current_owner: str = "controller"
    doing: str = ""
    why: str | None = None
    sets_current: bool = True
    offset_ms: float | None = None
    drift_ppm: float | None = None
    asks: bool = False


@dataclass(frozen=True, slots=True)
class NeedleView:
    """What the needle's EMG shows now: the ``phase`` and how it is ``requested`` of the patient, the newest second's
    pattern.

    ``edges_ms`` are the rise times in ms at which approach, target and (never) close begin; ``phases`` can be
    requested. ``change`` is ``sharper`` or ``duller``, None where the potentials stay as they are.
    """

    phase: str | None
    requested: str
    pattern: str | None
    potentials_per_s: float
    units: int
    fits: bool | None
    text: str
    edges_ms: Edges
    phases: tuple[str, ...] = ()
    change: str | None = None


@dataclass(frozen=True, slots=True)
class SoundView:
    """The sound: ``state`` is ``starting`` until a sound device plays, ``on``, ``paused`` (for ``paused_s`` more),
    ``muted`` or ``lost``; ``mapping`` names the tones in use, ``volume`` and ``monitor_volume`` are 0 to 1.
    """

    state: str
    mapping: str
    volume: float
    monitor_volume: float
    paused_s: float | None = None


@dataclass(frozen=True, slots=True)
class JournalView:
    """The record: ``state`` is ``ok``, ``events-only`` where the signal is no longer recorded, or ``failed`` where
    nothing is; ``minutes_left`` is how long the disk space lasts, None where not known.

    ``store`` is where a command must look for the record; None where it looks by default.
    """

    state: str
    folder: str
    minutes_left: float | None = None
    store: str | None = None


@dataclass(frozen=True, slots=True)
class EventView:
    """Something that happened at device time ``t`` in s, in words; ``kind`` is ``alarm`` (then with its ``priority``),
    ``note``, ``dose``, ``stimulator`` or ``end``. ``seq`` is the number of an entry that the operator may correct, and
    ``value`` what was entered, in words; ``mark`` is ``corrected`` or ``withdrawn``.
    """

    t: float
    kind: str
    text: str
    priority: str = ""
    seq: int | None = None
    what: str = ""
    value: str = ""
    mark: str = ""


TRAIL = np.dtype(
    [
        ("t", "f8"),
        ("current_ma", "f4"),
        ("kohm", "f4"),
        ("amplitude_uv", "f4"),
        ("latency_ms", "f4"),
        ("detected", "?"),
        ("contaminated", "?"),
        ("low_ma", "f4"),
        ("median_ma", "f4"),
        ("high_ma", "f4"),
    ]
)
"""One row for each pulse with a response of the main channel: device time in s, current delivered, impedance, what was
measured, and the threshold at 0.1 ms by then. In this array alone the unknown is NaN.
"""


@dataclass(frozen=True, slots=True, eq=False)
class TimelineView:
    """The past: ``trail`` (pulses,) of dtype TRAIL, and the newest ``events``. ``thinned``: of the older pulses only
    every second is left. ``dropped``: so many older events are left out. The record has them all.
    """

    trail: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, TRAIL))
    events: tuple[EventView, ...] = ()
    thinned: bool = False
    dropped: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """All that a screen shows. Unknown is None. ``live``: a device measures now, else it is a recording. ``simulated``:
    no person is measured, None where a recording does not state it. ``emg`` is the last seconds of the main channel as
    (columns, 2) minimum and maximum in uV, NaN-free, with ``emg_gaps`` True where samples are missing.
    ``zone_edges_ma`` are the thresholds at 0.1 ms at which approach, target and close begin. ``unsourced`` names the
    values of the protocol that have no source. ``patient`` and ``side`` are in the operator's words. ``lead_off``: for
    each electrode whether it is off, empty where the device does not report it. ``clipped`` is the share of samples at
    the input's limit. ``notes`` are the events that the operator notes by one key. ``dial_ma`` is the current that the
    dial of a stimulator set by hand is taken to show. ``undecided`` counts the sweeps that could not tell, by the
    reason's word, the most frequent first. ``needle_depth_mm`` is how far a simulated needle is advanced from where it
    began; a real needle's is not known.
    """

    t: float
    source: str
    live: bool
    simulated: bool | None
    protocol: str
    mode: str
    position_s: float
    duration_s: float | None
    speed: float | None
    paused: bool
    ended: str | None
    window_ms: tuple[float, float]
    criterion_uv: float | None
    channel: str
    sweeps: tuple[SweepView, ...]
    stimuli: int
    responses: int
    detections: int
    lost_samples: int
    rms_uv: float | None
    mains_uv: float | None
    emg: NDArray[np.float32]
    emg_gaps: NDArray[np.bool_]
    emg_span_s: float
    alarms: tuple[AlarmView, ...] = ()
    notice: str = ""
    stimulator: StimulatorView | None = None
    proximity: Proximity | None = None
    connected: bool = True
    zone_edges_ma: Edges = USUAL_EDGES_MA
    unsourced: tuple[str, ...] = ()
    dose: DoseView | None = None
    sound: SoundView | None = None
    journal: JournalView | None = None
    training: ExerciseView | None = None
    title: str = ""
    patient: str | None = None
    side: str | None = None
    patient_kg: float | None = None
    lead_off: tuple[bool, ...] = ()
    clipped: float | None = None
    notes: tuple[str, ...] = ()
    past: TimelineView = field(default_factory=TimelineView)
    dial_ma: float | None = None
    undecided: tuple[tuple[str, int], ...] = ()
    needle: NeedleView | None = None
    stop_moment: StopMomentView | None = None
    rescue: tuple[tuple[str, str, bool], ...] = ()
    rescue_title: str = ""
    cautions: tuple[str, ...] = ()
    toxin: ToxinView | None = None
    needle_depth_mm: float | None = None
