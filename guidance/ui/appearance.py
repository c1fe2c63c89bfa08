"""The screen's colours and keys, as set by option and settings."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.common.config import Config
from guidance.common.terminal import require_screen
from guidance.ui.keymap import Keymap, keymap_of
from guidance.ui.palettes import PALETTES

USUAL_THEME = "dark"


@dataclass(frozen=True, slots=True)
class Appearance:
    """The palette's name, the keys, and whether the user only observes a procedure that another terminal runs."""

    theme: str = USUAL_THEME
    keymap: Keymap | None = None
    is_observer: bool = False


def appearance_of(config: Config, theme: str | None, *, is_observer: bool = False) -> Appearance:
    """Return the appearance set in ``config``; ``theme`` takes precedence over its theme.

    Raises UsageError, also for a terminal that can show no screen.
    """
    require_screen()
    table = dict(config.screen)
    named = table.pop("theme", USUAL_THEME)
    table.pop("language", None)  # guidance.cli.language reads it
    if table:
        raise config.fault("screen", f"there is no setting {next(iter(table))!r}; there are theme and language.")
    if not (isinstance(named, str) and named in PALETTES):
        raise config.fault("screen", f"there is no theme {named!r}; there are {', '.join(PALETTES)}.")
    return Appearance(theme or named, keymap_of(config), is_observer)
