"""The zones of the threshold current at 0.1 ms: the place of each on the gauge, its words and colours."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.contracts.zones import Edges
from guidance.language import mark, tr
from guidance.ui.theme import Ground, Ink

GAUGE_MA = (0.05, 10.0)
"""Lowest and highest current of the gauge, in mA."""

GaugeBand = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ZoneStyle:
    """One zone: its English word and sign, and its colours; ``now`` is its ground while the tip is in it, and
    ``on_now`` the ink on that ground.
    """

    english: str
    sign: str
    ink: Ink
    ground: Ground
    now: Ground
    on_now: Ink = Ink.STRONG

    @property
    def word(self) -> str:
        """The zone's word in the language of the screen."""
        return tr(self.english)


ZONES = {
    "far": ZoneStyle(mark("FAR"), "△", Ink.FAR, Ground.FAR, Ground.FAR_NOW),
    "approach": ZoneStyle(mark("APPROACH"), "◇", Ink.APPROACH, Ground.APPROACH, Ground.APPROACH_NOW),
    "target": ZoneStyle(mark("TARGET"), "◎", Ink.TARGET, Ground.TARGET, Ground.TARGET_NOW),
    "close": ZoneStyle(mark("CLOSE"), "■", Ink.STRONG, Ground.CLOSE, Ground.HIGH, Ink.LOUD),
}
"""From far to near."""


def bands(edges: Edges) -> dict[str, GaugeBand]:
    """Return the stretch of the gauge of each zone, low and high in mA. A zone whose edges meet, or that lies off the
    gauge, has none.
    """
    low, high = GAUGE_MA
    within = {zone: (max(near, low), min(far, high)) for zone, (near, far) in edges.spans().items()}
    return {zone: band for zone, band in within.items() if band[0] < band[1]}
