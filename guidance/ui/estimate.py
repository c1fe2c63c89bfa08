"""The part of the engine's estimate of proximity that the screen may show: nothing that is not known to be fresh."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from guidance.common.text import clean
from guidance.contracts.events import Interval, Proximity
from guidance.contracts.signal_fitness import stale_after_s
from guidance.contracts.snapshot import Snapshot
from guidance.contracts.zones import USUAL_EDGES_MA, Edges
from guidance.language import mark, tr

_TREND_S = 3.0
"""Span of thresholds that a trend compares, in s."""
_TREND_LEAST_S = 0.8
"""Least span that gives a trend, in s."""
_TREND_LN = 0.12
"""Least change of the threshold's logarithm that counts as a trend: 13 %."""
_SD_IN_INTERVAL = 3.29
"""Standard deviations that the central 90 % of a normal distribution span."""
_MOST_SHOWN_MA = 10.0
"""Top of the gauge, in mA: beyond it no current can be given, and a number would feign knowledge."""
_SILENT, _OFF = mark("no data from the engine"), mark("stimulator off")
_STALE = mark("stale: no fresh sweep")
_BLINDING = {"device-lost": mark("device lost"), "lead-off": mark("electrode off"), "stale": _STALE}
_WHY = {
    "no-response-yet": mark("no response yet"),
    "no-verdict-yet": mark("no sweep could tell yet"),
    "current-unknown": mark("current not known"),
    "injectate": mark("injection at the needle tip"),
    "stale": _STALE,
    "lead-off": mark("electrode off"),
    "uncertain": mark("threshold not known"),
    "response-changed": mark("another response: restarted"),
    "at-rest": mark("at rest: contract muscle"),
    "no-clear-unit": mark("no potential clear enough"),
    "silent": mark("no potentials on effort"),
}


def is_guided(snapshot: Snapshot) -> bool:
    """Return whether there may be an estimate: currents are known, or a needle's own EMG guides."""
    known = snapshot.proximity is not None and snapshot.proximity.why != "current-unknown"
    return snapshot.stimulator is not None or snapshot.needle is not None or known


def is_led_by_emg(snapshot: Snapshot) -> bool:
    """Return whether the needle's own EMG is the only guide: no stimulator delivers pulses now."""
    if snapshot.needle is None:
        return False
    return not snapshot.stimulator.armed if snapshot.stimulator else not snapshot.sweeps


@dataclass(frozen=True, slots=True)
class ShownEstimate:
    """The estimate as shown: zone and its probability (0 to 1), threshold at 0.1 ms in mA, distance in mm, and the
    ``trend`` of the threshold: ``closer``, ``away`` or ``steady``.

    If ``why`` (in words) is set, none of it is known; ``zone`` may then still be ``none``: no response at any current
    tried; and ``threshold_ma`` may be there, so wide that it must look unknown. ``is_old``: every response on the
    screen is old too. ``edges_ma``: thresholds at which the protocol's zones begin. A needle guided ``by_emg`` has a
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
    """A reader of Snapshots in order; it remembers when the estimate changed last, and the last thresholds."""

    def __init__(self) -> None:
        """Begin before the first Snapshot."""
        self._newest: Proximity | None = None
        self._since_s = 0.0
        self._medians: deque[tuple[float, float]] = deque()
        self._ln_sd = 0.0

    def read(self, snapshot: Snapshot, *, silent: bool = False) -> ShownEstimate:
        """Return the estimate in ``snapshot``; not known while the engine is ``silent``."""
        proximity = snapshot.proximity
        self._follow(proximity, snapshot.t)
        blinded = tr(_SILENT) if silent else _blinded(snapshot) or self._outdated(snapshot)
        why = blinded or _unfit(snapshot)
        if proximity is None or why is not None:
            shown = proximity if blinded is None else None
            return ShownEstimate(
                "none" if shown and shown.zone == "none" else None,
                threshold_ma=shown.threshold_0p1ms_ma if shown and shown.why == "uncertain" else None,
                why=why,
                is_old=blinded is not None,
                edges_ma=_edges(snapshot),
                by_emg=is_led_by_emg(snapshot),
            )
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
        if self._newest is not None and proximity is not None and proximity.sample == self._newest.sample:
            return
        self._newest, self._since_s = proximity, t
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
        """Return in words why the newest estimate is too old to hold now, or of an age not known since the clock leapt
        back; None if it is not.
        """
        age_s = snapshot.t - self._since_s
        if snapshot.proximity is None or 0 <= age_s <= stale_after_s(_pulse_rate_hz(snapshot)):
            return None
        if snapshot.needle is not None and not snapshot.proximity.valid:
            return None  # its reason is shown, and holds until the next estimate
        return tr(_OFF if _is_off(snapshot) else _WHY["stale"])

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


def _pulse_rate_hz(snapshot: Snapshot) -> float:
    """Return the pulses per second; for an external stimulator 1 Hz is assumed, as in the engine."""
    return snapshot.stimulator.pulse_rate_hz if snapshot.stimulator else 1.0


def _in_ms(rise_us: Interval | None) -> Interval | None:
    return None if rise_us is None else (rise_us[0] / 1e3, rise_us[1] / 1e3, rise_us[2] / 1e3)


def _unfit(snapshot: Snapshot) -> str | None:
    """Return in words why the newest estimate has no zone; None if it has one."""
    proximity = snapshot.proximity
    if proximity is None:
        return tr(_OFF if _is_off(snapshot) and snapshot.needle is None else _WHY["no-response-yet"])
    if not proximity.valid:
        why = proximity.why or "unknown"
        if proximity.above_ma is not None:
            return tr("threshold above {ma} mA", ma=f"{proximity.above_ma:g}")
        if why == "uncertain" and proximity.threshold_0p1ms_ma is not None:
            low_ma, _, high_ma = proximity.threshold_0p1ms_ma
            return tr("threshold not known: {low} to {high} mA", low=_rounded(low_ma), high=_rounded(high_ma))
        why = "no-verdict-yet" if why == "no-response-yet" and _none_decided(snapshot) else why
        return tr(_WHY[why]) if why in _WHY else clean(why).replace("-", " ")
    if proximity.rise_time_us is not None or proximity.place is not None:
        return None
    is_unknown = proximity.threshold_0p1ms_ma is None or proximity.zone is None
    return tr("pulse width not known") if is_unknown else None


def _none_decided(snapshot: Snapshot) -> bool:
    """Return whether there were sweeps, and none of them could tell whether there was a response."""
    return 0 < snapshot.responses <= sum(count for _, count in snapshot.undecided)


def _rounded(current_ma: float) -> str:
    """Return a current of a wide interval with two digits: more would not be known; none above what can be given."""
    return f"{current_ma:.2g}" if current_ma < _MOST_SHOWN_MA else tr("more than {ma}", ma=f"{_MOST_SHOWN_MA:g}")


def _is_off(snapshot: Snapshot) -> bool:
    return snapshot.stimulator is not None and not snapshot.stimulator.armed


def _blinded(snapshot: Snapshot) -> str | None:
    """Return in words what keeps the engine from knowing anything now; None if nothing does."""
    if not snapshot.connected:
        return tr(_BLINDING["device-lost"])
    if snapshot.ended is not None and snapshot.live:
        return tr("the procedure has ended")
    codes = {alarm.code for alarm in snapshot.alarms if alarm.active}
    return next((tr(words) for code, words in _BLINDING.items() if code in codes), None)
