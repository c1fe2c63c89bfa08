"""The command ``learn``: a course on EMG in five pages, with simulated signals and their sound."""

from __future__ import annotations

import sys

import click

from guidance.cli.options import STATUS, THEME
from guidance.common.errors import UserError


@click.command(epilog=STATUS)
@click.option("--text", "as_text", is_flag=True, help="Print the pages as text.  [default where there is no terminal]")
@click.option("--page", type=click.IntRange(1, 5), metavar="N", help="Begin with page N; with --text, print it alone.")
@click.option("--sound", type=click.IntRange(1, 5), metavar="N", help="Play the sound of page N, and show nothing.")
@click.option("--wav", type=click.Path(dir_okay=False), metavar="FILE", help="With --sound: write it to FILE instead.")
@THEME
def learn(*, as_text: bool, page: int | None, sound: int | None, wav: str | None, theme: str | None) -> None:
    """Show in five short pages how EMG works, with the program's own simulated signals and their sound.

    Electrodes; a motor unit from near and from far; insertion and end-plate; the interference pattern; artefacts. Keys:
    n or Enter forward, Backspace back, 1 to 5 a page, space plays the sound, q twice leaves. No device is opened.
    """
    if wav is not None and sound is None:
        raise click.UsageError("--wav writes the sound of a page; name the page with --sound.")
    try:
        if sound is not None:
            _play(sound, wav)
        elif as_text or not sys.stdout.isatty():
            from guidance.lessons.text import course_text

            click.echo(course_text() if page is None else course_text((page,)))
        else:
            _show(page or 1, theme)
    except UserError as fault:
        click.echo(f"needle-guidance: {fault}", err=True)
        sys.exit(fault.status)


def _play(page: int, wav: str | None) -> None:
    from pathlib import Path

    from guidance.audio.settings import sound_settings
    from guidance.audio.sound_check import play, write
    from guidance.lessons.course import lesson
    from guidance.lessons.sound import rendered

    waveform = rendered(lesson(page).sound)
    if wav is None:
        play(waveform, sound_settings().device)
    else:
        write(waveform, Path(wav))


def _show(page: int, theme: str | None) -> None:
    from guidance.common.config import load_config
    from guidance.lessons.course import PAGES, lesson
    from guidance.lessons.sound import LessonSound
    from guidance.ui.appearance import appearance_of
    from guidance.ui.learn import LearnApp

    app = LearnApp(lesson, PAGES, LessonSound(), page, appearance_of(load_config(), theme))
    app.run()
    if app.return_code:
        sys.exit(app.return_code)
