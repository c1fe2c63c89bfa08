"""The zones of the threshold current at 0.1 ms: where each lies on the gauge, and how it looks."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.contracts.zones import Edges
from guidance.ui.theme import Ground, Ink

GAUGE_MA = (0.05, 10.0)
"""Ends of the gauge."""

GaugeBand = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ZoneStyle:
    """One zone: its word and sign, its colours (``now``: the tip is in it; ``on_now``: what is written on that)."""

    word: str
    sign: str
    ink: Ink
    ground: Ground
    now: Ground
    on_now: Ink = Ink.STRONG


ZONES = {
    "far": ZoneStyle("FAR", "△", Ink.FAR, Ground.FAR, Ground.FAR_NOW),
    "approach": ZoneStyle("APPROACH", "◇", Ink.APPROACH, Ground.APPROACH, Ground.APPROACH_NOW),
    "target": ZoneStyle("TARGET", "◎", Ink.TARGET, Ground.TARGET, Ground.TARGET_NOW),
    "close": ZoneStyle("CLOSE", "■", Ink.STRONG, Ground.CLOSE, Ground.HIGH, Ink.LOUD),
}
"""From far to near."""


def bands(edges: Edges) -> dict[str, GaugeBand]:
    """The stretch of the gauge of each zone, low and high. One whose edges meet, or lie off the gauge, has none."""
    low, high = GAUGE_MA
    within = {zone: (max(near, low), min(far, high)) for zone, (near, far) in edges.spans().items()}
    return {zone: band for zone, band in within.items() if band[0] < band[1]}
