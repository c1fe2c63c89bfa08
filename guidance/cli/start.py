"""Start: the pages that open without a command. What is chosen there is run as the command line would run it."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from guidance.cli.command_table import COMMANDS, load_command
from guidance.cli.help import TOPICS
from guidance.common.config import load_config
from guidance.common.errors import UserError
from guidance.common.start_lines import START_STAGES, lines_of
from guidance.common.text import clean
from guidance.start.recent import recent_choices

if TYPE_CHECKING:
    from guidance.start.choice import StartChoice, StartMemory

_MOST_OUTPUT = 200_000
"""Most characters of a command's output that are shown again, some thousand lines."""
_MESSAGE_LINES = 3
"""Output of so few lines is a message on the page, longer output has a page of its own."""
_HANDLED = [signal.SIGINT, signal.SIGTERM]


def open_start(run: Callable[[list[str]], int]) -> int:
    """Show Start until the user leaves it; ``run`` runs the words of a command and returns its status."""
    from guidance.start.start_app import StartApp

    opening = lines_of(START_STAGES)
    try:
        memory, usual_theme = _memory()
    except UserError as fault:
        opening.fail()
        click.echo(f"needle-guidance: {fault}", err=True)
        return fault.status
    opening.erase()
    output = ""
    while True:
        app = StartApp(memory, frozenset(COMMANDS), output, {name: about for name, (*_, about) in TOPICS.items()})
        choice = app.run()
        if choice is None:
            return app.return_code or 0
        words = [*choice.words, *(_theme(choice.words, memory.theme) if memory.theme != usual_theme else ())]
        with _case_file(choice.case) as case, _signals_restored(), _recorded() as printed:
            status = run([*words, *case])
        output = _remember(memory, choice, status, "".join(printed))


def _memory() -> tuple[StartMemory, str]:
    """Return an empty memory by the user's settings, and the usual theme. Raises UserError."""
    from guidance.journal.store import default_store
    from guidance.start.choice import StartMemory, start_defaults
    from guidance.ui.appearance import appearance_of

    config = load_config()
    store = start_defaults(config, load_command("run")).get("store")
    theme = appearance_of(config, None).theme
    return StartMemory(load_command, config, Path(store) if store else default_store(), theme), theme


def _remember(memory: StartMemory, choice: StartChoice, status: int, printed: str) -> str:
    """Keep in ``memory`` which page opens next, with which message; return the output that needs a page of its own."""
    memory.page = choice.page if status or choice.page in {"review", "settings"} else ""
    if not status:
        memory.drafts.pop(choice.page, None)
    memory.recent = recent_choices()
    lines = [line for line in map(clean, printed[-_MOST_OUTPUT:].splitlines()) if line.strip()]
    memory.message = " ".join(lines) if len(lines) <= _MESSAGE_LINES else ""
    return "" if memory.message else "\n".join(lines)


def _theme(words: Sequence[str], theme: str) -> tuple[str, ...]:
    """Return the option for ``theme`` where the command of ``words`` has one and it is not given."""
    has_theme = any(param.name == "theme" for param in load_command(words[0]).params)
    return ("--theme", theme) if has_theme and "--theme" not in words else ()


@contextlib.contextmanager
def _case_file(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the option that names a file with ``text``, which this user alone may read; none without a text."""
    if not text:
        yield ()
        return
    folder = Path(tempfile.mkdtemp(prefix="needle-guidance-"))
    try:
        path = folder / "case.toml"
        path.touch(0o600)
        path.write_text(text, encoding="utf-8")
        yield ("--case", str(path))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _signals_restored() -> Iterator[None]:
    """Restore the handlers of signals that a procedure sets."""
    previous = {number: signal.getsignal(number) for number in _HANDLED}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class _Recorder:
    """A text stream that also records what is written."""

    def __init__(self, stream: TextIO, parts: list[str]) -> None:
        self._stream, self._parts = stream, parts

    @property
    def unrecorded(self) -> TextIO:
        """The stream itself, for what is removed again, such as the lines of a start."""
        return self._stream

    def write(self, text: str) -> int:
        """Write ``text``, and record it."""
        written = self._stream.write(text)  # first: it refuses what is no text
        self._parts.append(text)
        return written

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of the stream."""
        return getattr(self._stream, name)


@contextlib.contextmanager
def _recorded() -> Iterator[list[str]]:
    """Record what is written to standard output and standard error meanwhile."""
    parts: list[str] = []
    out, err = (cast("TextIO", _Recorder(stream, parts)) for stream in (sys.stdout, sys.stderr))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield parts
