"""The sound for each zone: a table of mappings, and the choice of a cue from one of them.

Tempo comes first and pitch repeats it. ``close`` is continuous in every mapping, since continuous must mean stop. No
mapping is silent for good: while nothing is known there is a tick, seldom and soft.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from guidance.contracts.events import Cue, Proximity
from guidance.contracts.zones import Edges

STAY_FACTOR = 1.15
"""A tempo stays until another fits better by this factor, so that it does not waver from pulse to pulse."""

_FAR_REACH = 4
"""The tempo of ``far`` begins to rise at this multiple of the edge of ``approach`` (a judgement, unsourced)."""


@dataclass(frozen=True, slots=True)
class Tone:
    """One sound: its ``figure`` (a key of guidance/audio/waveforms.py), pitch in Hz, and the tempi it may have, in
    beeps a second from the far edge of its zone to the near one; none for a continuous tone or for silence.
    """

    figure: str
    pitch_hz: float | None
    beep_rates_hz: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """A tone for each zone. ``ticks``: also a tick for each stimulus. ``response_tones``: also a tone for each
    response, higher with its amplitude, and a short one for each potential of the needle's own EMG.
    """

    description: str
    tones: dict[str, Tone]
    ticks: bool = False
    response_tones: bool = False


_UNKNOWN, _NONE = Tone("double-tick", 900.0, (0.4,)), Tone("tick", 1200.0, (0.5,))
_TARGET, _CLOSE = Tone("figure", 587.0, (2.0,)), Tone("rough", 880.0)
_SILENT = Tone("silence", None)


def _tones(far: Tone, approach: Tone, *, none: Tone = _NONE, target: Tone = _TARGET) -> dict[str, Tone]:
    """Return the tones from far to near; ``unknown`` and ``close`` sound alike in all mappings."""
    return {"unknown": _UNKNOWN, "none": none, "far": far, "approach": approach, "target": target, "close": _CLOSE}


MAPPINGS: dict[str, Mapping] = {
    "tempo": Mapping(
        "beeps from 1 to 8 a second as the tip nears, higher in the nearer zone",
        _tones(Tone("beep", 330.0, (1.0, 1.5, 2.0, 2.5)), Tone("beep", 440.0, (3.0, 4.0, 5.0, 6.5, 8.0))),
    ),
    "pitch": Mapping(
        "three beeps a second in every zone, higher in the nearer one",
        _tones(Tone("beep", 294.0, (3.0,)), Tone("beep", 440.0, (3.0,))),
    ),
    "classic": Mapping(
        "as stimulators do: a tick at each stimulus, and a tone for its response, higher with its amplitude; "
        "without stimuli a short one for each potential",
        _tones(_SILENT, _SILENT, none=_SILENT, target=_SILENT),
        ticks=True,
        response_tones=True,
    ),
}
USUAL = "tempo"


class CueChooser:
    """The cue of one procedure, by one mapping."""

    def __init__(self, mapping: Mapping, edges_ma: Edges) -> None:
        """Begin without a cue; ``edges_ma`` is where the zones begin."""
        self._tones = mapping.tones
        self._target_ma = edges_ma.target
        self._spans = edges_ma.spans() | {"far": (edges_ma.approach, _FAR_REACH * edges_ma.approach)}
        self._cue: Cue | None = None

    def changed(self, proximity: Proximity) -> Cue | None:
        """Return the cue for ``proximity``, or None where it is the present one.

        A proximity that is not valid has the cue ``unknown`` or ``none``, never that of a zone.
        """
        known = proximity.zone and (proximity.valid or proximity.zone == "none")
        zone = proximity.zone if known and proximity.zone else "unknown"
        tone = self._tones[zone]
        cue = Cue(zone, self._beep_rate_hz(zone, tone, proximity), tone.pitch_hz)
        if cue == self._cue:
            return None
        self._cue = cue
        return cue

    def _beep_rate_hz(self, zone: str, tone: Tone, proximity: Proximity) -> float | None:
        """Return the tempo that fits the threshold's distance to the zone's inner edge, on a logarithmic scale."""
        near_ma = self._near_ma(proximity)
        if len(tone.beep_rates_hz) < 2 or near_ma is None:
            return tone.beep_rates_hz[0] if tone.beep_rates_hz else None
        near, far = self._spans[zone]
        inward = math.log(far / near_ma) / math.log(far / near) if far > near else 1.0
        slowest, fastest = tone.beep_rates_hz[0], tone.beep_rates_hz[-1]
        wanted = slowest * (fastest / slowest) ** min(max(inward, 0.0), 1.0)
        best = min(tone.beep_rates_hz, key=lambda rate: _apart(rate, wanted))
        before = self._cue.rate_hz if self._cue and self._cue.name == zone else None
        keeps = before is not None and _apart(before, wanted) <= _apart(best, wanted) * STAY_FACTOR
        return before if keeps else best

    def _near_ma(self, proximity: Proximity) -> float | None:
        """Return the threshold in mA at 0.1 ms. For a needle guided by its own EMG, return the current that is as far
        from the target's edge as its rise time is from the limit.
        """
        if proximity.threshold_0p1ms_ma is not None:
            return proximity.threshold_0p1ms_ma[1]
        return self._target_ma / proximity.closeness[1] if proximity.closeness is not None else None


def _apart(beep_rate_hz: float, wanted_hz: float) -> float:
    return max(beep_rate_hz / wanted_hz, wanted_hz / beep_rate_hz)
