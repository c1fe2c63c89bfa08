"""What one insertion of the trial yields, small enough to be kept by the thousand; as JSON it is one line."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Moment:
    """One estimate beside the truth: the needle's nominal speed, the zone told, |estimate / truth - 1| of the threshold
    now and (None: there was none) when the next pulse came, and whether the 90 % intervals held the truth.
    """

    speed_mm_s: float
    zone: str
    error: float
    next_error: float | None
    threshold_held: bool
    distance_held: bool | None


@dataclass(slots=True)
class TooClose:
    """How ``too-close`` went: seconds (and pulses) from each true passage below the bound to its alarm, passages
    without one, and alarms without a passage; ``far_false`` of these were raised at 1.25 times the bound or more.
    """

    delays_s: list[float] = field(default_factory=list)
    delays_pulses: list[int] = field(default_factory=list)
    missed: int = 0
    false: int = 0
    far_false: int = 0


@dataclass(frozen=True, slots=True)
class Insertion:
    """One insertion. ``cold`` is the number of stimuli after which the threshold was known within 10 %, for two stimuli
    in a row, from a cold start on a still needle; None where it was not by the time the needle moved. ``reachable``:
    some current within the limit evoked a response there. ``refused`` counts by reason the pulses that were withheld
    and the times the output was switched off or not armed. ``entered``: the tip was inside the nerve; then
    ``rise_inside`` says whether ``impedance-rise`` began there, and ``rise_outside`` whether it did before or without.
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

    def to_json(self) -> dict[str, Any]:
        """The insertion as JSON takes it."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Insertion:
        """The insertion that ``to_json`` gave. Raises TypeError and KeyError for anything else."""
        moments = [Moment(**moment) for moment in fields["moments"]]
        return cls(**fields | {"moments": moments, "too_close": TooClose(**fields["too_close"])})
