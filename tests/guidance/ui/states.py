"""The states in which every page is compared with its golden picture."""

from __future__ import annotations

from dataclasses import replace

from guidance.contracts.snapshot import AlarmView, Snapshot, SoundView
from tests.support.screens import (
    build_live,
    build_proximity,
    build_stimulator,
    build_sweep,
    build_whole,
    unknown_proximity,
)

OFF = build_stimulator(armed=False, current_ma=None)
UNTRIED = replace(OFF, delivered_ma=None, impedance_kohm=None)
SEARCHING = build_stimulator(delivered_ma=3.04, current_ma=3.04, wanted_ma=3.79)


def _alarm(code: str, priority: str, text: str) -> tuple[AlarmView, ...]:
    return (AlarmView(code, priority, text, active=True),)


TOO_CLOSE = _alarm("too-close", "high", "The threshold is at or below the lower bound: the tip may be in the nerve.")
LEAD_OFF = _alarm("lead-off", "medium", "The electrode of channel 1 is off; attach it.")
STALE = _alarm("stale", "medium", "No fit response to the last pulses: the estimate is stale.")
DEVICE_LOST = _alarm("device-lost", "high", "/dev/ttyACM0 is gone; plug the amplifier in again.")
SOUND_LOST = _alarm("audio-lost", "medium", "The loudspeaker is gone; watch the screen.")
SILENT_SWEEPS = tuple(build_sweep(pulse, detected=False) for pulse in range(50, 71))

STATES: dict[str, Snapshot] = {
    "nothing connected": build_live(
        stimuli=0, responses=0, detections=0, sweeps=(), rms_uv=None, mains_uv=None, proximity=None, stimulator=UNTRIED
    ),
    "searching": build_whole(
        proximity=unknown_proximity("no-response-yet", "none"), stimulator=SEARCHING, sweeps=SILENT_SWEEPS
    ),
    "approach": build_whole(proximity=build_proximity("approach", 0.74)),
    "target": build_whole(),
    "too close": build_whole(proximity=build_proximity("close", 0.16), alarms=TOO_CLOSE),
    "lead off": build_whole(alarms=LEAD_OFF, stimulator=OFF, lead_off=(True,)),
    "stale": build_whole(alarms=STALE),
    "injectate": build_whole(proximity=unknown_proximity("injectate")),
    "device lost": build_whole(connected=False, alarms=DEVICE_LOST, stimulator=OFF),
    "sound lost": build_whole(alarms=SOUND_LOST, sound=SoundView("lost", "tempo", 0.8, 0.3)),
}
