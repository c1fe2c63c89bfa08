"""Colours: complete, legible, and always with a word and a sign for eyes that distinguish fewer of them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.color import Color

from guidance.ui.palettes import PALETTES, Palette
from guidance.ui.theme import Ground, Ink, choose, coded_style, codes
from guidance.ui.zones import ZONES

VISIONS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "none": np.eye(3).tolist(),
}
"""Machado 2009, severity 1.0, on linear RGB."""
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
LEAST_DIFFERENCE = 12.0


def linear(colour: str) -> NDArray[np.float64]:
    rgb = np.array(Color.parse(colour).rgb) / 255.0
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(colour: str, vision: str) -> NDArray[np.float64]:
    """Return the CIE L*a*b* values of ``colour`` as the eye sees it."""
    seen = np.clip(np.array(VISIONS[vision]) @ linear(colour), 0.0, 1.0)
    xyz = _TO_XYZ @ seen / _WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: str, other: str, vision: str) -> float:
    return float(np.linalg.norm(lab(one, vision) - lab(other, vision)))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio by WCAG."""
    light, dark = sorted((float(_TO_XYZ[1] @ linear(colour)) for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_every_foreground_and_background_has_a_colour(palette: Palette) -> None:
    assert set(palette.inks) == {ink.name for ink in Ink} - {"OLDEST"}
    assert set(palette.grounds) == {ground.name for ground in Ground}


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_the_zones_differ_for_all_eyes(palette: Palette, vision: str) -> None:
    for one, other in combinations(ZONES.values(), 2):
        grounds = palette.grounds[one.now.name], palette.grounds[other.now.name]
        assert difference(*grounds, vision) > LEAST_DIFFERENCE, (one.word, other.word)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_alarms_of_each_priority_and_what_is_unknown_differ_for_all_eyes(palette: Palette, vision: str) -> None:
    grounds = [palette.grounds[name] for name in ("HIGH", "MEDIUM", "LOW", "UNKNOWN", "BASE")]
    assert min(difference(*pair, vision) for pair in combinations(grounds, 2)) > LEAST_DIFFERENCE


def test_word_and_sign_distinguish_the_zones_without_any_colour() -> None:
    assert len({zone.word for zone in ZONES.values()}) == len({zone.sign for zone in ZONES.values()}) == len(ZONES)


WRITTEN = [
    ("TEXT", "BASE", 7.0),
    ("STRONG", "BASE", 12.0),
    ("MUTED", "BASE", 4.5),
    ("STRONG", "UNKNOWN", 4.5),
    ("LOUD", "HIGH", 4.5),
    ("DARK", "MEDIUM", 7.0),
    ("DARK", "LOW", 7.0),
    ("DARK", "CHIP", 7.0),
    ("DARK", "PROMPT", 7.0),
    ("STRONG", "YES", 4.5),
    ("STRONG", "NOTICE", 7.0),
    ("STRONG", "SIMULATION", 4.5),
    ("WARN", "NOTICE", 4.5),
    ("UNSURE", "UNKNOWN", 3.0),
    *((zone.on_now.name, zone.now.name, 4.5) for zone in ZONES.values()),
    *((zone.ink.name, "BASE", 7.0) for zone in ZONES.values()),
]


@pytest.mark.parametrize(("ink", "ground", "least"), WRITTEN)
@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_what_is_written_can_be_read(palette: Palette, ink: str, ground: str, least: float) -> None:
    assert contrast(palette.inks[ink], palette.grounds[ground]) >= least


def test_a_palette_once_chosen_colours_everything() -> None:
    coded = int(codes(np.array([Ink.TEXT], np.int16), np.array([Ground.BASE], np.int16))[0])
    light = PALETTES["light"].grounds["BASE"]
    try:
        choose("light")
        assert f"on {light}" in str(coded_style(coded))
    finally:
        choose("dark")
    assert f"on {light}" not in str(coded_style(coded))
