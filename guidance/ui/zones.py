"""The zones of the threshold current at 0.1 ms: where each lies on the gauge, and how it looks."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.ui.theme import Ground, Ink

GAUGE_MA = (0.05, 10.0)
"""Ends of the gauge."""
FAR_ABOVE_MA = 1.0
TARGET_BELOW_MA = 0.5
CLOSE_BELOW_MA = 0.2
"""Edges of the zones, those of the engine for a protocol that names the usual bounds."""


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone: its word and sign, its stretch of the gauge in mA, its colours (``now``: the tip is in it)."""

    word: str
    sign: str
    low_ma: float
    high_ma: float
    ink: Ink
    ground: Ground
    now: Ground


ZONES = {
    "far": Zone("FAR", "△", FAR_ABOVE_MA, GAUGE_MA[1], Ink.FAR, Ground.FAR, Ground.FAR_NOW),
    "approach": Zone(
        "APPROACH", "◇", TARGET_BELOW_MA, FAR_ABOVE_MA, Ink.APPROACH, Ground.APPROACH, Ground.APPROACH_NOW
    ),
    "target": Zone("TARGET", "◎", CLOSE_BELOW_MA, TARGET_BELOW_MA, Ink.TARGET, Ground.TARGET, Ground.TARGET_NOW),
    "close": Zone("CLOSE", "■", GAUGE_MA[0], CLOSE_BELOW_MA, Ink.STRONG, Ground.CLOSE, Ground.HIGH),
}
"""From far to near."""
