"""Where the zones begin, and which one is told while the estimate wavers between two."""

from __future__ import annotations

from dataclasses import replace

from guidance.events import Proximity
from guidance.protocol import Protocol

APPROACH_MA = 1.0
USUAL_EDGES_MA = (APPROACH_MA, 0.5, 0.2)

_MARGIN = 0.15


def edges_ma(protocol: Protocol) -> tuple[float, float, float]:
    """The thresholds at 0.1 ms, in mA and from far to near, at which approach, target and close begin."""
    return max(APPROACH_MA, protocol.target_ma), protocol.target_ma, protocol.lower_bound_ma


class SteadyZone:
    """Tells another zone only where that is clearly the more probable one; ``close`` it tells at once."""

    def __init__(self) -> None:
        """No zone was told yet."""
        self._told: str | None = None

    def settle(self, proximity: Proximity) -> Proximity:
        """``proximity`` with the zone that is to be told; its probabilities stay what they are."""
        probability = proximity.zone_probability
        if not proximity.valid or probability is None or proximity.zone is None:
            self._told = None
            return proximity
        if self._told is None or self._leaves(self._told, proximity.zone, probability):
            self._told = proximity.zone
        return replace(proximity, zone=self._told)

    @staticmethod
    def _leaves(told: str, likeliest: str, probability: dict[str, float]) -> bool:
        return likeliest == "close" or probability[likeliest] >= probability[told] + _MARGIN
