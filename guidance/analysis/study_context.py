"""What was entered about the patient and the recording: age, height, skin temperature, side, filters, needle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guidance.common.errors import UsageError

WARM_C = 32.0
"""Below this skin temperature slow conduction shows nothing: the limb is to be warmed (unsourced; hands and arms of
healthy people have 32.6 to 36.7 C, Lee 1997, koreamed 0041JKARM/1997.21.2.349, read in the abstract)."""

NOT_CORRECTED = (
    "the values are not corrected for temperature: conduction does not change linearly with it (Todnem 1989, "
    "10.1136/jnnp.52.4.497), and factors may not hold in demyelination (Wu 1993, acnpsearch 34762905)"
)
SIDES, NEEDLES = ("left", "right"), ("concentric", "monopolar", "surface")


@dataclass(frozen=True, slots=True)
class StudyContext:
    """What was entered; None where it was not. Temperature in C, height in cm, filters in Hz (low, high)."""

    age: int | None = None
    height_cm: float | None = None
    temperature_c: float | None = None
    side: str | None = None
    filters_hz: tuple[float, float] | None = None
    needle: str | None = None

    @property
    def is_cold(self) -> bool:
        """Whether the skin was too cold for slow conduction to show anything."""
        return self.temperature_c is not None and self.temperature_c < WARM_C

    def lines(self, *, nerves: bool, needle: bool) -> Iterator[str]:
        """Emit what the report states of it, for studies of ``nerves`` and with a ``needle``."""
        yield f"Side: {self.side}." if self.side else "Side not entered (--side)."
        aged = "Age not entered" if self.age is None else f"Age {self.age}"
        tall = "height not entered" if self.height_cm is None else f"height {self.height_cm:g} cm"
        yield f"{aged}, {tall}; a reference range is split by them only where its source is."
        if self.filters_hz:
            yield f"Filters: {self.filters_hz[0]:g} to {self.filters_hz[1]:g} Hz."
        else:
            yield "Filters not entered (--filters-hz); they change amplitudes and durations."
        if nerves:
            yield self.temperature_line
        if needle:
            yield f"Electrode: {self.needle}." if self.needle else "Electrode not entered (--needle)."

    @property
    def temperature_line(self) -> str:
        """What the report states of the skin temperature."""
        if self.temperature_c is None:
            return f"Skin temperature not entered (--temperature-c): a cold limb is slow; {NOT_CORRECTED}."
        cold = f", below {WARM_C:g} C (U): warm the limb and repeat" if self.is_cold else ""
        return f"Skin temperature {self.temperature_c:g} C{cold}; {NOT_CORRECTED}."


def parse_filters(text: str | None) -> tuple[float, float] | None:
    """Read the filters ``LOW-HIGH`` in Hz; None where ``text`` is. Raises UsageError."""
    if text is None:
        return None
    low, _, high = text.partition("-")
    try:
        filters = float(low), float(high)
    except ValueError:
        filters = (0.0, 0.0)
    if not 0.0 <= filters[0] < filters[1] < float("inf"):
        raise UsageError(f"--filters-hz {text!r} is not LOW-HIGH in Hz, such as --filters-hz 20-10000.")
    return filters
