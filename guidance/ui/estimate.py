"""What may be shown of the engine's estimate of proximity: nothing that is not known to be fresh."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from guidance.common.text import clean
from guidance.contracts.events import Interval, Proximity
from guidance.contracts.signal_fitness import stale_after_s
from guidance.contracts.snapshot import Snapshot
from guidance.contracts.zones import USUAL_EDGES_MA, Edges
from guidance.ui.snapshot_facts import is_led_by_emg

_TREND_S = 3.0
_TREND_LEAST_S = 0.8
_TREND_LN = 0.12
_SD_IN_INTERVAL = 3.29
"""Standard deviations that a normal distribution's central 90 % span."""
_SILENT, _OFF = "no word from the engine", "stimulator off"
_BLINDING = {"device-lost": "device lost", "lead-off": "electrode off", "stale": "stale: no fresh answer"}
_WHY = {
    "no-response-yet": "no response yet",
    "current-unknown": "current unknown",
    "injectate": "injectate at the tip",
    "stale": "stale: no fresh answer",
    "lead-off": "electrode off",
    "at-rest": "at rest: contract to see",
    "no-clear-unit": "potentials, none clear enough",
    "silent": "no potentials on effort",
}


@dataclass(frozen=True, slots=True)
class ShownEstimate:
    """The zone and how probable it is, the threshold at 0.1 ms in mA, the distance in mm, and whether the threshold
    goes to ``closer``, ``away`` or stays ``steady``. With ``why``, in words, all of it is unknown; ``zone`` may then
    still be ``none``: no response at any current tried. ``is_old``: so is every response on the screen. ``edges_ma``
    are the thresholds at which the protocol's zones begin. A needle guided ``by_emg`` of its own has a
    ``rise_time_ms`` and no threshold.
    """

    zone: str | None = None
    probability: float | None = None
    threshold_ma: Interval | None = None
    distance_mm: Interval | None = None
    trend: str | None = None
    why: str | None = None
    is_old: bool = False
    edges_ma: Edges = USUAL_EDGES_MA
    rise_time_ms: Interval | None = None
    by_emg: bool = False


class EstimateReader:
    """Reads Snapshots in order; remembers since when the estimate has been as it is, and the last thresholds."""

    def __init__(self) -> None:
        """Begin before the first Snapshot."""
        self._seen: Proximity | None = None
        self._since_s = 0.0
        self._medians: deque[tuple[float, float]] = deque()
        self._ln_sd = 0.0

    def read(self, snapshot: Snapshot, *, silent: bool = False) -> ShownEstimate:
        """The estimate in ``snapshot``; ``silent``: the engine has not spoken for too long, so nothing is known."""
        proximity = snapshot.proximity
        self._follow(proximity, snapshot.t)
        blinded = _SILENT if silent else _blinded(snapshot) or self._outdated(snapshot)
        why = blinded or _unfit(snapshot)
        if proximity is None or why is not None:
            searched = proximity is not None and why == _WHY["no-response-yet"]
            zone = proximity.zone if proximity and searched else None
            return ShownEstimate(zone, why=why, is_old=blinded is not None, by_emg=is_led_by_emg(snapshot))
        return ShownEstimate(
            proximity.zone,
            (proximity.zone_probability or {}).get(proximity.zone or ""),
            proximity.threshold_0p1ms_ma,
            proximity.distance_mm,
            self._trend(),
            edges_ma=_edges(snapshot),
            rise_time_ms=_in_ms(proximity.rise_time_us),
            by_emg=is_led_by_emg(snapshot),
        )

    def _follow(self, proximity: Proximity | None, t: float) -> None:
        if self._seen is not None and proximity is not None and proximity.sample == self._seen.sample:
            return
        self._seen, self._since_s = proximity, t
        followed = (
            (proximity.threshold_0p1ms_ma or proximity.threshold_ma or proximity.rise_time_us) if proximity else None
        )
        if proximity is None or not proximity.valid or not followed:
            self._medians.clear()
            return
        low, median, high = (math.log(value) for value in followed)
        self._ln_sd = (high - low) / _SD_IN_INTERVAL
        self._medians.append((t, median))
        while t - self._medians[0][0] > _TREND_S:
            self._medians.popleft()

    def _outdated(self, snapshot: Snapshot) -> str | None:
        """Why the newest estimate is too old to say anything of now, in words."""
        if snapshot.proximity is None or snapshot.t - self._since_s <= stale_after_s(_rate_hz(snapshot)):
            return None
        if snapshot.needle is not None and not snapshot.proximity.valid:
            return None  # why is told, and holds until something else is told
        return _OFF if _is_off(snapshot) else _WHY["stale"]

    def _trend(self) -> str | None:
        if not self._medians:
            return None
        (first_s, first), (last_s, last) = self._medians[0], self._medians[-1]
        if last_s - first_s < _TREND_LEAST_S:
            return None
        if abs(last - first) < max(self._ln_sd, _TREND_LN):
            return "steady"
        return "closer" if last < first else "away"


def _edges(snapshot: Snapshot) -> Edges:
    by_rise = snapshot.proximity is not None and snapshot.proximity.rise_time_us is not None
    return snapshot.needle.edges_ms if by_rise and snapshot.needle else snapshot.zone_edges_ma


def _rate_hz(snapshot: Snapshot) -> float:
    """Pulses a second; of another maker's stimulator one is assumed, as the engine does."""
    return snapshot.stimulator.pulse_rate_hz if snapshot.stimulator else 1.0


def _in_ms(rise_us: Interval | None) -> Interval | None:
    return None if rise_us is None else (rise_us[0] / 1e3, rise_us[1] / 1e3, rise_us[2] / 1e3)


def _unfit(snapshot: Snapshot) -> str | None:
    """Why the newest estimate tells no zone, in words."""
    proximity = snapshot.proximity
    if proximity is None:
        return _OFF if _is_off(snapshot) and snapshot.needle is None else _WHY["no-response-yet"]
    if not proximity.valid:
        why = proximity.why or "unknown"
        return _WHY.get(why, clean(why).replace("-", " "))
    if proximity.rise_time_us is not None or proximity.place is not None:
        return None
    return "pulse width unknown" if proximity.threshold_0p1ms_ma is None or proximity.zone is None else None


def _is_off(snapshot: Snapshot) -> bool:
    return snapshot.stimulator is not None and not snapshot.stimulator.armed


def _blinded(snapshot: Snapshot) -> str | None:
    """What keeps the engine from knowing anything now, in words."""
    if not snapshot.connected:
        return _BLINDING["device-lost"]
    if snapshot.ended is not None and snapshot.live:
        return "the procedure has ended"
    codes = {alarm.code for alarm in snapshot.alarms if alarm.active}
    return next((words for code, words in _BLINDING.items() if code in codes), None)
