"""The command ``help``: the project's documents in the terminal."""

from __future__ import annotations

import re
from importlib import resources

import click

from guidance.cli.options import STATUS

TOPICS = {
    "guide": ("guidance", "docs/guide.md", "guide a procedure: pages, keys, modes, pulses"),
    "way": ("guidance", "docs/way.md", "a whole procedure in pictures, from Start to the signed note"),
    "needle-emg": ("guidance", "docs/needle-emg.md", "guide by the needle's own EMG"),
    "sound": ("guidance", "docs/sound.md", "what the sounds mean, volumes, alarms"),
    "screen": ("guidance", "docs/screen.md", "Start, keys, pedals, colours, a second screen"),
    "dose": ("guidance", "docs/dose.md", "doses, the lipid rescue, the dose guard"),
    "note": ("guidance", "docs/note.md", "the note, signing, encryption, export"),
    "plan": ("guidance", "docs/plan.md", "a patient's plan, its sessions, progress, intervals"),
    "record": ("guidance", "journal/README.md", "the record of a procedure, verify, recover"),
    "audit": ("guidance", "docs/audit.md", "count the procedures of a department, list and search them"),
    "replay": ("guidance", "docs/replay.md", "replay and record signals, follow from outside"),
    "formats": ("guidance", "docs/formats.md", "recordings that are read, and how they are converted"),
    "analyse": ("guidance", "docs/analyse.md", "describe a recording of needle EMG or nerve conduction"),
    "biofeedback": ("guidance", "docs/biofeedback.md", "exercises with a muscle's EMG"),
    "learn": ("guidance", "docs/learn.md", "a course on EMG in five pages, with simulated signals"),
    "devices": ("drivers", "README.md", "amplifiers, stimulators, how to add a device"),
    "protocols": ("protocols", "README.md", "protocols, changes by a site"),
    "safety": ("guidance", "docs/safety.md", "what limits and what stops a pulse"),
    "hazards": ("guidance", "docs/hazards.md", "what can go wrong, the controls, the tests that hold them"),
    "limits": ("guidance", "docs/limits.md", "what was not tried, and what does not work"),
}
"""Package, file and summary of each topic."""

_PICTURE = re.compile(r"^!\[.*\n\n?", re.MULTILINE)


@click.command("help", epilog=STATUS)
@click.argument("topic", required=False)
@click.pass_context
def help_topic(context: click.Context, topic: str | None) -> None:
    """Show the document on TOPIC; without one, list the topics. For a command's options: needle-guidance COMMAND -h."""
    if topic is None:
        click.echo(_list_of_topics())
    elif topic in TOPICS:
        from guidance.cli.markdown import print_markdown

        print_markdown(document(topic))
    else:
        raise click.UsageError(_unknown(topic, _commands(context)))


def document(topic: str) -> str:
    """Read the Markdown of ``topic``, a key of ``TOPICS``, without its pictures, which a terminal cannot show."""
    package, file, _ = TOPICS[topic]
    text = resources.files(package).joinpath(file).read_text(encoding="utf-8")
    return _PICTURE.sub("", text)


def _list_of_topics() -> str:
    lines = (f"  {topic:<12} {summary}" for topic, (_, _, summary) in TOPICS.items())
    return "\n".join(["Topics, each shown by `needle-guidance help TOPIC`:", "", *lines])


def _unknown(topic: str, commands: frozenset[str]) -> str:
    hint = f" its options are shown by needle-guidance {topic} --help;" if topic in commands else ""
    return f"There is no help topic {topic!r};{hint} topics are {', '.join(TOPICS)}."


def _commands(context: click.Context) -> frozenset[str]:
    group = context.parent.command if context.parent else None
    return frozenset(group.list_commands(context)) if isinstance(group, click.Group) else frozenset()
