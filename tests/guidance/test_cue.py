"""The cue follows the zone and the threshold within it, and wavers with neither."""

from __future__ import annotations

import pytest

from guidance.contracts.events import Cue, Proximity
from guidance.contracts.zones import Edges
from guidance.cue import MAPPINGS, CueChooser, Mapping

EDGES_MA = Edges(1.0, 0.5, 0.2)
ZONES = ["none", "far", "approach", "target", "close"]
SILENT = "silence"


def at(threshold_ma: float | None, zone: str | None, *, valid: bool = True) -> Proximity:
    interval = None if threshold_ma is None else (threshold_ma * 0.8, threshold_ma, threshold_ma * 1.2)
    return Proximity(0, interval, interval, None, zone, None, valid=valid, why=None)


def chooser(name: str = "tempo") -> CueChooser:
    return CueChooser(MAPPINGS[name], EDGES_MA)


def rates(thresholds_ma: list[float]) -> list[float | None]:
    choose = chooser()
    cues = [choose.changed(at(ma, "far" if ma > 1.0 else "approach")) for ma in thresholds_ma]
    return [cue.rate_hz for cue in cues if cue]


def test_beeps_come_faster_from_1_to_8_a_second_as_the_tip_nears() -> None:
    found = rates([4.5 * 0.97**step for step in range(74)])
    assert found == sorted(found, key=lambda rate: rate or 0.0)
    assert (found[0], found[-1]) == (1.0, 8.0)


def test_a_tempo_does_not_waver_with_an_estimate_that_does() -> None:
    between = rates([0.62, 0.66, 0.62, 0.66, 0.62, 0.66])
    assert len(between) == 1


def test_the_same_sound_is_emitted_once() -> None:
    choose = chooser()
    assert choose.changed(at(0.4, "target")) == Cue("target", 2.0, 587.0)
    assert choose.changed(at(0.41, "target")) is None


@pytest.mark.parametrize("name", MAPPINGS)
def test_a_wide_interval_has_no_tone_of_proximity(name: str) -> None:
    wide = Proximity(0, (0.1, 0.3, 0.9), (0.1, 0.3, 0.9), None, None, {"target": 0.9}, valid=False, why="uncertain")
    cue = chooser(name).changed(wide)
    assert cue is not None
    assert cue.name == "unknown"


@pytest.mark.parametrize("name", MAPPINGS)
def test_an_invalid_proximity_sounds_as_unknown_and_never_as_a_zone(name: str) -> None:
    cue = chooser(name).changed(at(0.3, "target", valid=False))
    assert cue is not None
    assert cue.name == "unknown"
    assert MAPPINGS[name].tones["unknown"].figure != SILENT


def test_no_response_has_its_own_sound_although_there_is_no_threshold() -> None:
    cue = chooser().changed(at(None, "none", valid=False))
    assert cue == Cue("none", 0.5, 1200.0)


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS)
def test_close_alone_is_continuous_and_every_zone_has_its_tone(mapping: Mapping) -> None:
    assert list(mapping.tones) == ["unknown", *ZONES]
    continuous = [zone for zone, tone in mapping.tones.items() if not tone.beep_rates_hz and tone.figure != SILENT]
    assert continuous == ["close"]


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS)
def test_a_mapping_is_never_silent_while_pulses_are_given(mapping: Mapping) -> None:
    assert mapping.ticks or all(tone.figure != SILENT for tone in mapping.tones.values())


def test_a_zone_without_width_has_a_tempo_all_the_same() -> None:
    choose = CueChooser(MAPPINGS["tempo"], Edges(0.5, 0.5, 0.2))
    cue = choose.changed(at(0.5, "approach"))
    assert cue is not None
    assert cue.rate_hz == 8.0
