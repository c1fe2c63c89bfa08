"""Units and widest ranges of the numbers in a protocol. A value outside its range is a typing error, not a choice.

The ranges are judgements; those of stimulation end at the interlock's absolute limits, which no protocol can exceed.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from guidance.citations import Rising, Within

LATEST_WINDOW_MS = 500.0
"""The end of the longest sweep, in ms after the pulse."""
SHORTEST_WINDOW_MS = 2.0
"""A shorter window cannot hold an evoked response (a judgement)."""

Id = Annotated[str, Field(max_length=60, pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
ProtocolKey = Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]

Milliamps = Annotated[float, Within(0.01, 6.0, "mA")]
WidthMs = Annotated[float, Within(0.05, 1.0, "ms")]
RateHz = Annotated[float, Within(0.2, 5.0, "Hz")]
Microvolts = Annotated[float, Within(1.0, 10_000.0, "uV")]
Microseconds = Annotated[float, Within(50.0, 5_000.0, "us")]
LatencyMs = Annotated[float, Within(0.5, 100.0, "ms")]
LatencySpan = Annotated[tuple[LatencyMs, LatencyMs], Rising]

NeedleGauge = Annotated[float, Within(16, 34, "G")]
LengthMm = Annotated[float, Within(10.0, 200.0, "mm")]
LengthSpan = Annotated[tuple[LengthMm, LengthMm], Rising]
DepthMm = Annotated[float, Within(1.0, 150.0, "mm")]
DepthSpan = Annotated[tuple[DepthMm, DepthMm], Rising]
Millilitres = Annotated[float, Within(0.1, 60.0, "mL")]
VolumeSpan = Annotated[tuple[Millilitres, Millilitres], Rising]

SolutionPercent = Annotated[float, Within(1.0, 100.0, "%")]
SolutionSpan = Annotated[tuple[SolutionPercent, SolutionPercent], Rising]
"""Concentration of a neurolytic agent; local anaesthetics are far weaker."""

ToxinUnits = Annotated[float, Within(1.0, 5000.0, "U")]
"""Up to the largest dose of any product; a unit of one product is not a unit of another."""
UnitSpan = Annotated[tuple[ToxinUnits, ToxinUnits], Rising]
Count = Annotated[int, Within(1, 20, "sites")]
CountSpan = Annotated[tuple[Count, Count], Rising]

Percent = Annotated[float, Within(1.0, 100.0, "%")]
Level = Annotated[float, Within(5.0, 90.0, "% of the largest effort")]
Levels = Annotated[tuple[Level, ...], Field(min_length=2, max_length=6)]
Seconds = Annotated[float, Within(0.1, 600.0, "s")]
SecondSpan = Annotated[tuple[Seconds, Seconds], Rising]
Times = Annotated[int, Within(1, 60, "times")]
Deviations = Annotated[float, Within(0.5, 10.0, "standard deviations")]
Factor = Annotated[float, Within(0.5, 2.0, "times the line before")]
FactorSpan = Annotated[tuple[Factor, Factor], Rising]
SmoothingMs = Annotated[float, Within(10.0, 1_000.0, "ms")]


def _window(value: tuple[float, float]) -> tuple[float, float]:
    if value[1] - value[0] < SHORTEST_WINDOW_MS:
        raise PydanticCustomError("window", "a window ends at least 2 ms after it starts")
    return value


_Edge = Annotated[float, Within(0.0, LATEST_WINDOW_MS, "ms after the pulse")]
Window = Annotated[tuple[_Edge, _Edge], AfterValidator(_window)]
