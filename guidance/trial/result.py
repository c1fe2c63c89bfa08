"""The result of one insertion of the trial, small enough to store thousands; as JSON it is one line."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """An estimate compared with the truth.

    Holds the needle's nominal speed, the zone of the estimate, |estimate / truth - 1| of the threshold now and when the
    next pulse was delivered (None: there was none), and whether the 90 % intervals contained the truth.
    """

    speed_mm_s: float
    zone: str
    error: float
    next_error: float | None
    threshold_held: bool
    distance_held: bool | None


@dataclass(slots=True)
class TooClose:
    """Score of the alarm ``too-close``.

    Holds seconds and pulses from each true passage below the bound to its alarm, the number of passages without an
    alarm (``missed``), and of alarms without a passage (``false``); ``far_false`` of the latter were raised at 1.25
    times the bound or more.
    """

    delays_s: list[float] = field(default_factory=list)
    delays_pulses: list[int] = field(default_factory=list)
    missed: int = 0
    false: int = 0
    far_false: int = 0


@dataclass(frozen=True, slots=True)
class Insertion:
    """Result of one insertion.

    ``cold`` is the number of stimuli, from a cold start on a still needle, after which the threshold was known within
    10 % for two stimuli in a row; None where that did not happen before the needle moved. ``reachable``: some current
    within the limit evoked a response there. ``refused`` counts, by reason, pulses that were withheld and times when
    the output was switched off or not armed. ``entered``: the tip was inside the nerve. ``rise_inside``: the alarm
    ``impedance-rise`` began inside; ``rise_outside``: it began before the nerve was entered, or without that.

    ``front`` is the kind of the amplifier's front end, None for the usual one. ``far_named`` counts valid estimates of
    ``target`` or ``close`` while the true threshold was more than three times where that zone begins; ``undecided``
    counts, by the reason's word, the sweeps that could not tell.
    """

    world: int
    seconds: float
    stimuli: int
    moments: list[Moment]
    too_close: TooClose
    cold: int | None
    reachable: bool
    refused: dict[str, int]
    entered: bool
    rise_inside: bool
    rise_outside: bool
    front: str | None = None
    far_named: int = 0
    undecided: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Convert the insertion to JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Insertion:
        """Build the insertion from the result of ``to_json``. Raises TypeError and KeyError for anything else."""
        moments = [Moment(**moment) for moment in fields["moments"]]
        return cls(**fields | {"moments": moments, "too_close": TooClose(**fields["too_close"])})
