"""The language of what the program shows: the option, else ``language`` in ``[screen]``, else the environment's."""

from __future__ import annotations

from collections.abc import Sequence

import click

from guidance.common.config import Config, load_config
from guidance.common.errors import UserError
from guidance.language import LANGUAGES, of_environment, use

_OPTION = "--language"

LANGUAGE = click.option(
    _OPTION, type=click.Choice(list(LANGUAGES)),
    help="Language of screen, alarms, Start and note; help, records and exports are in English.  [default: language in "
    "[screen] of the settings, else LC_ALL, LC_MESSAGES or LANG, else en]",
)  # fmt: skip


def set_language(given: str | None) -> None:
    """Use the language ``given`` by the option, else that of the settings, else that of the environment.

    Raises UsageError where the settings name one that there is none of. Settings that cannot be read at all are
    reported by the part that needs them.
    """
    use(given or _of_settings() or of_environment())


def language_of(config: Config) -> str | None:
    """Return the language that ``config`` sets; None where it sets none. Raises UsageError."""
    named = config.screen.get("language")
    if named is None or named in LANGUAGES:
        return named
    raise config.fault("screen", f"there is no language {named!r}; there are {', '.join(LANGUAGES)}.")


def after_language(words: Sequence[str]) -> Sequence[str]:
    """Return the command line ``words`` without the option at its beginning."""
    if words and words[0] == _OPTION:
        return words[2:]
    return words[1:] if words and words[0].startswith(f"{_OPTION}=") else words


def misplaced(fault: click.ClickException) -> str | None:
    """Return a sentence on ``fault`` if it is the option in a place after the command; None for any other fault."""
    if isinstance(fault, click.NoSuchOption) and fault.option_name == _OPTION:
        return f"{_OPTION} stands before the command, as in: needle-guidance {_OPTION} de demo"
    return None


def _of_settings() -> str | None:
    try:
        config = load_config()
    except UserError:
        return None
    return language_of(config)
