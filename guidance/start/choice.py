"""What a user chose on the pages: the words of a command, and what the pages keep for the next time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from guidance.common.config import Config
from guidance.start.option_items import label_of
from guidance.start.recent import recent_choices

CommandFinder = Callable[[str], click.Command]
"""Returns the command of a name."""
SITE = "site default"


@dataclass(frozen=True, slots=True)
class StartChoice:
    """The ``words`` after ``needle-guidance``; ``case`` is the text of a case sheet, empty without one. ``page`` is the
    page that opens again if the command fails.
    """

    words: tuple[str, ...]
    case: str = field(default="", repr=False)
    page: str = ""


@dataclass(slots=True)
class StartMemory:
    """What the pages keep while the program runs: the ``drafts`` of forms by page, the last ``message``, the store."""

    commands: CommandFinder
    config: Config
    store: Path
    theme: str
    drafts: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    message: str = ""
    page: str = ""
    recent: dict[str, list[str]] = field(default_factory=recent_choices)

    def command(self, path: str) -> click.Command:
        """Return the command at ``path``, such as ``procedures export``."""
        first, *rest = path.split()
        found = self.commands(first)
        for name in rest:
            if isinstance(found, click.Group):
                found = found.commands[name]
        return found

    def defaults(self, command: click.Command) -> dict[str, str]:
        """Return the site's defaults for ``command`` by parameter: the table ``[start]``. Raises UsageError."""
        known = {_name(param): param.name or "" for param in command.params}
        given = start_defaults(self.config, self.command("run"))
        return {known[key]: value for key, value in given.items() if key in known}


def start_defaults(config: Config, run: click.Command) -> Mapping[str, str]:
    """Return the table ``[start]`` as texts by option of ``run``. Raises UsageError."""
    known = {_name(param) for param in run.params if isinstance(param, click.Option)}
    for key, value in config.start.items():
        if key not in known:
            raise config.fault("start", f"there is no option {key!r} of the command run.")
        if isinstance(value, dict | list):
            raise config.fault("start", f"{key} is one value.")
    return {key: _text(value) for key, value in config.start.items()}


def _text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _name(param: click.Parameter) -> str:
    return label_of(param).lower().replace(" ", "-")
