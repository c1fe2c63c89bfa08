"""What is to be heard for each zone: tempo first, pitch redundant. ``close`` is continuous: it must mean stop."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.events import Cue, Proximity


@dataclass(frozen=True, slots=True)
class Tone:
    """Beeps a second and pitch in Hz; ``rate_hz`` None is a continuous tone."""

    rate_hz: float | None
    pitch_hz: float | None


TONES = {
    "unknown": Tone(0.2, 220.0),
    "none": Tone(0.5, 262.0),
    "far": Tone(1.0, 330.0),
    "approach": Tone(2.5, 440.0),
    "target": Tone(5.0, 587.0),
    "close": Tone(None, 880.0),
}


def cue_for(proximity: Proximity) -> Cue:
    """The cue that ``proximity`` asks for; what is not valid is ``unknown`` or ``none``, never a zone."""
    zone = proximity.zone if proximity.zone and (proximity.valid or proximity.zone == "none") else "unknown"
    tone = TONES[zone]
    return Cue(zone, tone.rate_hz, tone.pitch_hz)
