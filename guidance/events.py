"""The event stream, version 1: everything that happens in a procedure, in order, one JSON object a line.

Each record kind is a frozen dataclass whose fields are the record's. Times are seconds, currents mA, widths ms,
voltages uV, distances mm, impedances kOhm. A three-part interval is (low, median, high), the bounds being those of the
central 90 % credible interval. What is not known is None.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

VERSION = 1

Interval = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Record:
    """What all record kinds have in common: the word that names the kind."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Start(Record):
    """A procedure or a replay begins. ``protocol_changes`` are the site's own, each with key, old, new, author, reason;
    ``protocol_unsourced`` the keys of what no source bears out; ``protocol_assumed`` what stands in for a missing one.
    ``settings`` are those it runs with, the options of the command line among them.
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


@dataclass(frozen=True, slots=True)
class Command(Record):
    """What was asked of the stimulator, by ``controller``, ``operator`` or ``safety``."""

    kind: ClassVar[str] = "command"
    current_ma: float | None
    width_ms: float | None
    rate_hz: float | None
    enabled: bool | None
    by: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Stimulus(Record):
    """A pulse; ``source`` is ``device`` or ``artefact``. A stimulator on another clock gave it ``offset_ms`` after it
    was asked to; the amplifier's clock runs faster than the host's by ``drift_ppm``.
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


@dataclass(frozen=True, slots=True)
class Response(Record):
    """The answer of one channel to the pulse at ``sample``. ``judged`` and ``note``: what it may be by its latency, as
    one word and as a sentence. ``doubt``: why it cannot tell, as one word. ``late_...``: a late response (H-reflex)
    apart from the M-wave, None where the window has no room for one.
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


@dataclass(frozen=True, slots=True)
class Proximity(Record):
    """Where the motor threshold, and so the nerve, is after the pulse at ``sample``; ``why`` when not valid.

    ``by`` is ``stimulus``, or ``needle-emg`` of a needle guided by its own EMG: the thresholds are then None,
    ``rise_time_us`` is of the crispest unit near, ``closeness`` the longest rise of inside over it, and ``place`` is
    ``end-plate`` where that is what is heard.
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
    by: str = "stimulus"
    rise_time_us: Interval | None = None
    closeness: Interval | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class MotorUnit(Record):
    """A motor-unit potential with its main peak at ``sample``; ``unit`` numbers those told apart, None if unsorted."""

    kind: ClassVar[str] = "motor-unit"
    sample: int
    channel: str
    unit: int | None
    amplitude_uv: float
    rise_time_us: float
    duration_ms: float
    phases: int
    turns: int
    begins_negative: bool
    firing_hz: float | None
    lag_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Activity(Record):
    """The EMG of one second: its ``pattern``, and whether it ``fits`` the ``phase`` that was asked of the patient."""

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
    """A change of what is heard or shown; ``sounded_ns`` is None while muted."""

    kind: ClassVar[str] = "cue"
    name: str
    rate_hz: float | None
    pitch_hz: float | None
    sounded_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Alarm(Record):
    """An alarm condition begins or ends."""

    kind: ClassVar[str] = "alarm"
    code: str
    priority: str
    active: bool
    text: str


@dataclass(frozen=True, slots=True)
class Signal(Record):
    """The quality of the signal, every second; ``lost_samples`` and ``bad_frames`` count from the start, and so do
    ``underruns``, how often the loudspeaker lacked samples (None while nothing is heard).
    """

    kind: ClassVar[str] = "signal"
    channels: list[dict[str, Any]]
    lost_samples: int
    bad_frames: int
    lag_ms: float | None = None
    underruns: int | None = None


@dataclass(frozen=True, slots=True)
class Entry(Record):
    """The operator's: ``what`` happened, and its particulars."""

    kind: ClassVar[str] = "entry"
    what: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class End(Record):
    """The procedure is over: ``operator``, ``duration``, ``device-lost`` or ``error``."""

    kind: ClassVar[str] = "end"
    reason: str
    stimuli: int
    responses: int
    samples: int
    lost_samples: int


@dataclass(frozen=True, slots=True)
class Made:
    """A record as the engine makes it: device time ``t`` in s, and when the last byte it rests on had arrived.

    ``arrived_ns`` is of the host's monotonic clock; None where no lag is due.
    """

    t: float
    record: Record
    arrived_ns: int | None = None


class Numbering:
    """Turns made records into lines of the stream: counts them, and stamps each with the host's clock."""

    def __init__(self, first: int = 0) -> None:
        """Counting begins at ``first``."""
        self._seq = first

    def line(self, made: Made, mono_ns: int) -> str:
        """The JSON line (without its end) of ``made``, made at ``mono_ns``; a ``lag_ms`` of the record is filled in."""
        record: Any = made.record
        if made.arrived_ns is not None and hasattr(record, "lag_ms"):
            record = replace(record, lag_ms=round((mono_ns - made.arrived_ns) / 1e6, 3))
        head = {"kind": record.kind, "seq": self._seq, "t": round(made.t, 9), "mono_ns": mono_ns}
        body = {field.name: _plain(getattr(record, field.name)) for field in fields(record)}
        self._seq += 1
        text = json.dumps(head | body, allow_nan=False, ensure_ascii=False)
        return text.encode("utf-8", "replace").decode("utf-8")


def _plain(value: object) -> object:
    """``value`` as JSON takes it: six significant digits are enough for any measure."""
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} cannot stand in an event")
