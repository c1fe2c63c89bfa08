"""Which worlds constants may be tuned on, and which report how good they are."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """The two parts of each family: they share no seed and no patient."""

    TUNING = "tuning"
    HELD_OUT = "held-out"

    def seed(self, number: int) -> int:
        """Return the seed of world ``number`` of this part."""
        return number if self is Part.TUNING else 400_000 + number

    def holds(self, patient: int) -> bool:
        """Return whether artefacts of the patient with this number (in order of name) belong to this part."""
        return (patient % 2 == 0) == (self is Part.TUNING)
