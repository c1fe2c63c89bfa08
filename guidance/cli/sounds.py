"""The command ``sounds``: list the sounds, play them, or write them to files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from guidance.cli.options import JSON, STATUS
from guidance.common.errors import UserError
from guidance.cue import MAPPINGS

_CHOICE = (*MAPPINGS, "alarms")


@click.group(epilog=STATUS)
def sounds() -> None:
    """List the sounds of the guidance and the alarms, and try them.

    The commands run and demo use the mapping that --sounds names, or that of the table [sounds] in the user's
    config.toml (mapping, volume, monitor, full_scale_uv, device), or else tempo.
    """


@sounds.command("list", epilog=STATUS)
@JSON
def list_sounds(*, as_json: bool) -> None:
    """List the sound mappings, and each sound with its tempo and pitch."""
    from guidance.audio.samples import sound_samples
    from guidance.common.config import config_path

    known = {name: {scene.name: scene.description for scene in sound_samples(name)} for name in _CHOICE}
    if as_json:
        click.echo(json.dumps(known))
        return
    for name, tones in known.items():
        click.echo(f"{name}: {MAPPINGS[name].description}" if name in MAPPINGS else name)
        click.echo("\n".join(f"  {zone:<10} {description}" for zone, description in tones.items()))
    click.echo(f"The user's choice: {config_path()}, [sounds]")


@sounds.command("play", epilog=STATUS)
@click.argument("name", type=click.Choice(_CHOICE))
@click.option("--only", metavar="SOUND", help="Play this sound only, such as target.")
@click.option(
    "--wav", metavar="DIR", type=click.Path(file_okay=False), help="Write a WAV file for each sound to DIR instead."
)
def play_sounds(name: str, *, only: str | None, wav: str | None) -> None:
    """Play each sound of a mapping, from far to near, or each alarm."""
    from guidance.audio.samples import render_sample, sound_samples
    from guidance.audio.settings import sound_settings
    from guidance.audio.sound_check import play, write

    known = sound_samples(name)
    chosen = [scene for scene in known if only in {None, scene.name}]
    if not chosen:
        names = ", ".join(scene.name for scene in known)
        raise click.UsageError(f"{name} has no sound {only!r}; its sounds are: {names}.")
    try:
        device = sound_settings().device
        for scene in chosen:
            path = Path(wav, f"{name}-{scene.name}.wav") if wav else None
            click.echo(f"{path or scene.name}: {scene.description}")
            if path:
                write(render_sample(scene), path)
            else:
                play(render_sample(scene), device)
    except UserError as fault:
        click.echo(f"needle-guidance: {fault}", err=True)
        sys.exit(fault.status)
