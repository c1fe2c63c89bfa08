"""The commands by name, with their summaries. What a command needs is imported only when it is used."""

from __future__ import annotations

import click

COMMANDS = {
    "analyse": "Analyse a recording: findings with the evidence for and against, never a diagnosis.",
    "attach": "Take over the screen of a running procedure, for instance after its terminal was closed.",
    "audit": "Count the recorded procedures of one or many STOREs, and show how they went.",
    "biofeedback": "Show the activity of one or two muscles while the patient relaxes or contracts them.",
    "biofeedback-summary": "Summarise a recorded exercise on a page in plain words for the patient, in Markdown.",
    "check": "Check whether an amplifier is fit for use, and show what to fix.",
    "completion": "Install the completion of commands and options with the Tab key.",
    "convert": "Convert a recording to BDF+, EDF+, CSV or Parquet, by the ending of OUT.",
    "demo": "Guide a procedure on a simulated patient, through the real driver.",
    "devices": "List what may be an amplifier, without opening anything.",
    "dose": "Calculate a dose of local anaesthetic, and compare it with its limits.",
    "end": "End a running procedure in order: the stimulator goes off, and its record is completed.",
    "help": "Show the document on TOPIC; without one, list the topics.",
    "info": "Say what a recording holds, and how it would be taken.",
    "learn": "Show in five short pages how EMG works, with the program's own simulated signals and their sound.",
    "plan": "Keep a patient's plan: goals, targets and doses, scores, sessions, progress, a page for the patient.",
    "procedures": "List, show, verify, recover, delete and export recorded procedures; show and sign their notes.",
    "protocols": "List, show, validate, begin and compare protocols.",
    "record": "Record an amplifier's signal to a BDF+ file, which replay and other programs read.",
    "replay": "Replay a recorded signal through the same engine as a live one.",
    "run": "Guide a procedure on an amplifier.",
    "sounds": "List the sounds of the guidance and the alarms, and try them.",
    "trial": "Guide many simulated insertions, and print how well the guidance worked.",
    "watch": "Watch a procedure that runs on this machine.",
}
"""For each command the first sentence of its help."""


class CommandTable(click.Group):
    """The group of all commands. Its help is shown without importing them, which takes a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in alphabetical order."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name; None if there is none."""
        del ctx
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command's name and summary, shortened to one line."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name, _shortened(COMMANDS[name], limit)) for name in names])


def load_command(name: str) -> click.Command:
    """Import and return the command called ``name``. Raises KeyError where there is none."""
    if name in {"run", "demo", "replay"}:
        from guidance.cli import run

        return {"run": run.run, "demo": run.demo, "replay": run.replay}[name]
    if name in {"attach", "audit", "convert", "end", "info", "plan", "procedures", "record"}:
        return _command_on_records(name)
    if name in {"check", "devices"}:
        from guidance.cli import hardware

        return {"check": hardware.check, "devices": hardware.devices}[name]
    if name in {"biofeedback", "biofeedback-summary"}:
        return _exercise_command(name)
    return _single_command(name)


def _exercise_command(name: str) -> click.Command:
    from guidance.cli import biofeedback as training

    return training.biofeedback if name == "biofeedback" else training.biofeedback_summary


def _command_on_records(name: str) -> click.Command:
    """Return a command that reads or writes recordings or recorded procedures, or joins one that runs."""
    match name:
        case "attach":
            from guidance.cli.running import attach as command
        case "audit":
            from guidance.cli.audit import audit as command
        case "convert":
            from guidance.cli.convert import convert as command
        case "end":
            from guidance.cli.running import end as command
        case "info":
            from guidance.cli.info import info as command
        case "plan":
            from guidance.cli.plan_documents import PLAN_GROUP

            return PLAN_GROUP
        case "record":
            from guidance.cli.record import record as command
        case _:
            from guidance.cli.notes import RECORD_GROUP

            return RECORD_GROUP
    return command


def _single_command(name: str) -> click.Command:
    """Return a command that is alone in its module."""
    match name:
        case "completion":
            from guidance.cli.completion import completion as command
        case "analyse":
            from guidance.cli.analyse import analyse as command
        case "dose":
            from guidance.cli.dose import dose as command
        case "help":
            from guidance.cli.help import help_topic as command
        case "learn":
            from guidance.cli.learn import learn as command
        case "protocols":
            from guidance.cli.protocols import protocols as command
        case "sounds":
            from guidance.cli.sounds import sounds as command
        case "trial":
            from guidance.cli.trial import trial as command
        case "watch":
            from guidance.cli.watch import watch as command
        case _:
            raise KeyError(name)
    return command


def _shortened(summary: str, limit: int) -> str:
    return click.Command(None, help=summary).get_short_help_str(limit)
