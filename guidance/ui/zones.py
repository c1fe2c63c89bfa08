"""The zones of the threshold current at 0.1 ms: where each lies on the gauge, and how it looks."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.ui.theme import Ground, Ink

GAUGE_MA = (0.05, 10.0)
"""Ends of the gauge."""

Edges = tuple[float, float, float]
Band = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone: its word and sign, its colours (``now``: the tip is in it; ``on_now``: what is written on that)."""

    word: str
    sign: str
    ink: Ink
    ground: Ground
    now: Ground
    on_now: Ink = Ink.STRONG


ZONES = {
    "far": Zone("FAR", "△", Ink.FAR, Ground.FAR, Ground.FAR_NOW),
    "approach": Zone("APPROACH", "◇", Ink.APPROACH, Ground.APPROACH, Ground.APPROACH_NOW),
    "target": Zone("TARGET", "◎", Ink.TARGET, Ground.TARGET, Ground.TARGET_NOW),
    "close": Zone("CLOSE", "■", Ink.STRONG, Ground.CLOSE, Ground.HIGH, Ink.LOUD),
}
"""From far to near."""


def bands(edges_ma: Edges) -> dict[str, Band]:
    """The stretch of the gauge of each zone in mA, low and high; ``edges_ma`` are where approach, target and close
    begin. One whose edges meet, or lie off the gauge, has none.
    """
    low, high = GAUGE_MA
    ends = [high, *(min(max(edge, low), high) for edge in edges_ma), low]
    return {zone: (ends[i + 1], ends[i]) for i, zone in enumerate(ZONES) if ends[i] > ends[i + 1]}
