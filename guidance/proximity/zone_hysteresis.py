"""The zone that is reported while the estimate wavers between two."""

from __future__ import annotations

from dataclasses import replace

from guidance.contracts.events import Proximity

_MARGIN = 0.15
"""Another zone is reported once it is more probable by so much (a judgement, unsourced)."""


class ZoneHysteresis:
    """The zone in use, until another is clearly more probable; ``close`` is reported at once."""

    def __init__(self) -> None:
        """Begin without a zone."""
        self._zone: str | None = None

    def settle(self, proximity: Proximity) -> Proximity:
        """Return ``proximity`` with the zone to report; its probabilities stay what they are."""
        probability = proximity.zone_probability
        if not proximity.valid or probability is None or proximity.zone is None:
            self._zone = None
            return proximity
        if self._zone is None or self._leaves(self._zone, proximity.zone, probability):
            self._zone = proximity.zone
        return replace(proximity, zone=self._zone)

    @staticmethod
    def _leaves(current: str, likeliest_now: str, probability: dict[str, float]) -> bool:
        return likeliest_now == "close" or probability[likeliest_now] >= probability[current] + _MARGIN
