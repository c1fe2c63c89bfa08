"""The event stream, version 1: everything that happens in a procedure, in order, one JSON object a line.

Each record kind is a frozen dataclass whose fields are the record's. Times are seconds, currents mA, widths ms,
voltages uV, distances mm, impedances kOhm. A three-part interval is (low, median, high), the bounds being those of the
central 90 % credible interval. What is not known is None.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from guidance.contracts.sweep_wave import SweepWave

VERSION = 1

Interval = tuple[float, float, float]

BY_STIMULUS, BY_EMG = "stimulus", "needle-emg"
"""The two ways in which the tip's proximity is known."""


@dataclass(frozen=True, slots=True)
class Record:
    """Base of all record kinds: ``kind`` names the kind."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Start(Record):
    """The beginning of a procedure or a replay. ``protocol_changes`` are the site's own, each with key, old, new,
    author, reason. ``protocol_unsourced`` are the keys of values that no source supports, ``protocol_assumed`` what
    stands in for missing ones. ``settings`` are those in use, options of the command line included. ``live``: a device
    measures now, else it is a recording. ``simulated``: no person is measured; None where a recording does not state
    it.
    """

    kind: ClassVar[str] = "start"
    version: int
    program: str
    protocol: str
    device: dict[str, Any]
    wall_time: str
    mode: str
    protocol_changes: tuple[dict[str, Any], ...] = ()
    protocol_unsourced: tuple[str, ...] = ()
    protocol_assumed: tuple[str, ...] = ()
    settings: dict[str, Any] | None = None
    live: bool | None = None
    simulated: bool | None = None


@dataclass(frozen=True, slots=True)
class Command(Record):
    """A request to the stimulator, by ``controller``, ``operator`` or ``safety``."""

    kind: ClassVar[str] = "command"
    current_ma: float | None
    width_ms: float | None
    rate_hz: float | None
    enabled: bool | None
    by: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Stimulus(Record):
    """A pulse; ``source`` is ``device`` or ``artefact``. A stimulator on another clock gave it ``offset_ms`` after the
    request; the amplifier's clock runs faster than the host's by ``drift_ppm``. ``unrequested``: no pulse was
    requested, or only a smaller one; no response is sought.
    """

    kind: ClassVar[str] = "stimulus"
    sample: int
    current_ma: float | None
    requested_ma: float | None
    width_ms: float | None
    impedance_kohm: float | None
    source: str
    outcome: str = "delivered"
    offset_ms: float | None = None
    drift_ppm: float | None = None
    unrequested: bool = False


@dataclass(frozen=True, slots=True)
class Response(Record):
    """The response of one channel to the pulse at ``sample``. ``judged`` and ``note``: what it may be by its latency,
    as one word and as a sentence. ``doubt``: why the program cannot tell, as one word. ``late_...``: a late response
    (H-reflex) apart from the M-wave, None where the window has no room for one. ``significant``: no chance by its
    ``p_value`` and large enough for a response, even if below the criterion; None in records that do not say so.
    """

    kind: ClassVar[str] = "response"
    sample: int
    channel: str
    detected: bool
    p_value: float | None
    amplitude_uv: float | None
    latency_ms: float | None
    contaminated: bool
    lag_ms: float | None = None
    amplitude_sd_uv: float | None = None
    why: str | None = None
    judged: str | None = None
    note: str | None = None
    late_detected: bool | None = None
    late_p_value: float | None = None
    late_amplitude_uv: float | None = None
    late_latency_ms: float | None = None
    doubt: str | None = None
    significant: bool | None = None


@dataclass(frozen=True, slots=True)
class PulseOutcome:
    """A pulse and the main channel's response to it, known at device time ``t`` in s. The estimate, the controller and
    the needle's monitors receive it; it is no record of the stream. ``wave``: the sweep, None where it is not known.
    """

    stimulus: Stimulus
    response: Response
    t: float
    wave: SweepWave | None = None

    @property
    def delivered_ma(self) -> float | None:
        """The current in mA; None where it is not known, or not known to be delivered."""
        return self.stimulus.current_ma if self.stimulus.outcome == "delivered" else None


@dataclass(frozen=True, slots=True)
class Proximity(Record):
    """Where the motor threshold, and so the nerve, is after the pulse at ``sample``; ``why`` when not valid.

    A threshold that is probably above ``above_ma``, the highest current that may be given, has no number. The
    probabilities of the zones are given where the estimate is not valid too, for the alarm ``too-close``.

    ``by`` is ``stimulus``, or ``needle-emg`` of a needle guided by its own EMG. The thresholds are then None,
    ``rise_time_us`` is of the motor unit with the shortest rise time near the tip, ``closeness`` is the longest rise
    time inside a unit's territory divided by it, and ``place`` is ``end-plate`` where the EMG is that of an end plate.
    """

    kind: ClassVar[str] = "proximity"
    sample: int
    threshold_ma: Interval | None
    threshold_0p1ms_ma: Interval | None
    distance_mm: Interval | None
    zone: str | None
    zone_probability: dict[str, float] | None
    valid: bool
    why: str | None
    by: str = BY_STIMULUS
    rise_time_us: Interval | None = None
    closeness: Interval | None = None
    place: str | None = None
    above_ma: float | None = None

    def without_validity(self, why: str) -> Proximity:
        """Return this with its numbers and probabilities, but not valid, and without the name of a zone: ``why``.

        It takes the place of ``uncertain``, of which it is the reason, and of no other reason why this is not valid.
        """
        stays = not self.valid and self.why != "uncertain"
        return self if stays else replace(self, zone=None, valid=False, why=why)


def unknown_proximity(sample: int, why: str, *, by: str = BY_STIMULUS, searched: bool = False) -> Proximity:
    """Return the record that nothing is known after ``sample``, and ``why``; ``searched``: no pulse so far evoked a
    response, which is the zone ``none``.
    """
    zone = "none" if searched else None
    return Proximity(sample, None, None, None, zone, None, valid=False, why=why, by=by)


@dataclass(frozen=True, slots=True)
class MotorUnit(Record):
    """A motor unit potential with its main peak at ``sample``; ``unit`` numbers the distinguished units, None if
    unsorted.

    Each potential has a first answer within some 30 ms of its peak, and a settled one (``settled``) within about a
    second. The settled one of a potential with a first answer has the sample of that as ``settles``, and its ``seq`` as
    ``revises``. One that was found only then, in a superposition, revises nothing, and its measures are None.

    ``change`` of a first answer is ``sharper`` or ``duller`` where the newest potentials are so than those before them,
    of whatever units: the tip has moved nearer to fibres, or away.
    """

    kind: ClassVar[str] = "motor-unit"
    sample: int
    channel: str
    unit: int | None
    amplitude_uv: float | None
    rise_time_us: float | None
    duration_ms: float | None
    phases: int | None
    turns: int | None
    begins_negative: bool | None
    firing_hz: float | None
    lag_ms: float | None = None
    settled: bool = False
    settles: int | None = None
    revises: int | None = None
    change: str | None = None


@dataclass(frozen=True, slots=True)
class Activity(Record):
    """The EMG of one second: its ``pattern``, and whether it ``fits`` the ``phase`` requested of the patient."""

    kind: ClassVar[str] = "activity"
    phase: str | None
    pattern: str
    potentials_per_s: float
    units: int
    busy_share: float
    noise_uv: float
    fits: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Cue(Record):
    """A change of the sound or of what is shown for it; ``sounded_ns`` is None while muted."""

    kind: ClassVar[str] = "cue"
    name: str
    rate_hz: float | None
    pitch_hz: float | None
    sounded_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Alarm(Record):
    """The beginning or end of an alarm condition."""

    kind: ClassVar[str] = "alarm"
    code: str
    priority: str
    active: bool
    text: str


@dataclass(frozen=True, slots=True)
class Signal(Record):
    """The quality of the signal, every second; ``lost_samples`` and ``bad_frames`` count from the start, and so do
    ``underruns``, how often the loudspeaker lacked samples (None while there is no sound).
    """

    kind: ClassVar[str] = "signal"
    channels: list[dict[str, Any]]
    lost_samples: int
    bad_frames: int
    lag_ms: float | None = None
    underruns: int | None = None


@dataclass(frozen=True, slots=True)
class Entry(Record):
    """An entry of the operator: ``what`` happened, and its particulars."""

    kind: ClassVar[str] = "entry"
    what: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class End(Record):
    """The end of the procedure: ``operator``, ``duration``, ``device-lost`` or ``error``. ``undecided`` counts the
    sweeps that could not tell, by the reason's word; None where that was not counted.
    """

    kind: ClassVar[str] = "end"
    reason: str
    stimuli: int
    responses: int
    samples: int
    lost_samples: int
    undecided: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class TimedRecord:
    """A record with its device time ``t`` in s, and when the last byte that it depends on had arrived.

    ``arrived_ns`` is of the host's monotonic clock; None where no lag is measured.
    """

    t: float
    record: Record
    arrived_ns: int | None = None
