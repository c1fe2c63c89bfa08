"""The palettes: the colour of each foreground and background for a dark room, a bright room, and most contrast."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by the names of Ink and Ground; ``ages``: colours of the oldest and the newest of the older sweeps."""

    inks: dict[str, str]
    grounds: dict[str, str]
    ages: tuple[str, str]
    is_dark: bool = True


_DARK = Palette(
    inks={
        "TEXT": "#c3ced9",
        "STRONG": "#f3f7fa",
        "MUTED": "#8494a3",
        "FAINT": "#34424f",
        "TRACE": "#7df5bf",
        "UNSURE": "#a7b1bb",
        "ONSET": "#8db7ff",
        "RULE": "#5b7288",
        "EMG": "#6f9dbd",
        "DARK": "#0b1015",
        "WARN": "#ffd34d",
        "BAR": "#3c8a70",
        "FAR": "#7fa8ff",
        "APPROACH": "#f1ede0",
        "TARGET": "#4dff9f",
        "LOUD": "#ffffff",
    },
    grounds={
        "BASE": "#0b1015",
        "WINDOW": "#1d2227",
        "CHIP": "#c3ced9",
        "YES": "#1b7a5a",
        "UNKNOWN": "#3a444e",
        "HIGH": "#c4121f",
        "MEDIUM": "#ffd34d",
        "LOW": "#4fd4e6",
        "NOTICE": "#1d2c3d",
        "SIMULATION": "#6a3fc4",
        "PROMPT": "#f3f7fa",
        "FAR": "#101c33",
        "FAR_NOW": "#2c4f96",
        "APPROACH": "#24272b",
        "APPROACH_NOW": "#747068",
        "TARGET": "#0c2c20",
        "TARGET_NOW": "#106440",
        "CLOSE": "#3a0d13",
    },
    ages=("#24443b", "#4a947c"),
)
_LIGHT = Palette(
    inks={
        "TEXT": "#1f2a34",
        "STRONG": "#05090d",
        "MUTED": "#4f5d69",
        "FAINT": "#a9b4be",
        "TRACE": "#00603a",
        "UNSURE": "#4a545e",
        "ONSET": "#0b47ae",
        "RULE": "#7b8b99",
        "EMG": "#2c5f86",
        "DARK": "#05090d",
        "WARN": "#8a4b00",
        "BAR": "#3f8f72",
        "FAR": "#1f4fb0",
        "APPROACH": "#54481f",
        "TARGET": "#006238",
        "LOUD": "#ffffff",
    },
    grounds={
        "BASE": "#fbfcfd",
        "WINDOW": "#e9edf1",
        "CHIP": "#b4c0cb",
        "YES": "#9be3bd",
        "UNKNOWN": "#b4bcc4",
        "HIGH": "#b80f1c",
        "MEDIUM": "#ffd34d",
        "LOW": "#7fe3f0",
        "NOTICE": "#dfe8f3",
        "SIMULATION": "#cdb8ff",
        "PROMPT": "#9fc3ff",
        "FAR": "#e2eafb",
        "FAR_NOW": "#9dbcf5",
        "APPROACH": "#efece2",
        "APPROACH_NOW": "#e6dfc6",
        "TARGET": "#dbf5e6",
        "TARGET_NOW": "#5fce95",
        "CLOSE": "#f9dcde",
    },
    ages=("#c4d8cf", "#6fa890"),
    is_dark=False,
)
_CONTRAST = Palette(
    inks={
        "TEXT": "#ffffff",
        "STRONG": "#ffffff",
        "MUTED": "#e0e0e0",
        "FAINT": "#8a8a8a",
        "TRACE": "#00ff9c",
        "UNSURE": "#d0d0d0",
        "ONSET": "#8ecbff",
        "RULE": "#b0b0b0",
        "EMG": "#9fd8ff",
        "DARK": "#000000",
        "WARN": "#ffe000",
        "BAR": "#00b070",
        "FAR": "#7fb2ff",
        "APPROACH": "#ffffff",
        "TARGET": "#2dff8f",
        "LOUD": "#ffffff",
    },
    grounds={
        "BASE": "#000000",
        "WINDOW": "#242424",
        "CHIP": "#ffffff",
        "YES": "#00603a",
        "UNKNOWN": "#505050",
        "HIGH": "#c80000",
        "MEDIUM": "#ffe000",
        "LOW": "#00e8ff",
        "NOTICE": "#002a5c",
        "SIMULATION": "#5b21d6",
        "PROMPT": "#ffffff",
        "FAR": "#00103c",
        "FAR_NOW": "#0046c8",
        "APPROACH": "#262626",
        "APPROACH_NOW": "#5e5e5e",
        "TARGET": "#00301a",
        "TARGET_NOW": "#006a3a",
        "CLOSE": "#480000",
    },
    ages=("#3c6a58", "#6fc9a4"),
)

PALETTES = {"dark": _DARK, "light": _LIGHT, "contrast": _CONTRAST}
"""By their names, as ``--theme`` takes them."""
