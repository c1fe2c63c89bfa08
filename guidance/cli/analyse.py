"""The command ``analyse``: the findings in a recording, in words."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from guidance.cli.options import CASE_LABEL, FULL_SCALE, JSON, SAMPLE_RATE, STATUS, STIM_LABEL, Positive
from guidance.cli.procedures import STORE, store_of

_ENDINGS = (".html", ".md", ".pdf")
_READ = ("channel", "full_scale_uv", "sample_rate_hz", "stim_label")
"""Options on how the files are read."""
_CONTEXT = ("age", "height_cm", "temperature_c", "side", "needle")
"""Options on the patient and the recording."""


@click.command(epilog=STATUS)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--muscle", "muscles", multiple=True, metavar="NAME",
    help="Muscle of each FILE of needle EMG in turn, such as 'tibialis anterior'.",
)  # fmt: skip
@click.option(
    "--rest", multiple=True, metavar="START-END",
    help="Seconds in which the muscle was at rest, such as 3.0-9.5; may be repeated. Annotations 'rest' do the same.",
)  # fmt: skip
@click.option("--age", type=click.IntRange(0, 120), help="The patient's age in years, for ranges that are split by it.")
@click.option(
    "--height-cm", type=click.FloatRange(40, 250), help="The patient's height, for ranges that are split by it."
)
@click.option(
    "--temperature-c", type=click.FloatRange(10, 45), help="Skin temperature at the nerve; nothing is corrected for it."
)
@click.option("--side", type=click.Choice(["left", "right"]), help="Side that was studied; shown in the report.")
@click.option("--filters-hz", metavar="LOW-HIGH", help="Filters of the recording, such as 20-10000; shown only.")
@click.option(
    "--needle", type=click.Choice(["concentric", "monopolar", "surface"]),
    help="Electrode of the needle EMG; surface electrodes allow no such findings.",
)  # fmt: skip
@click.option(
    "--site", "sites", multiple=True, metavar="[KIND:]NERVE@PLACE[/RECORDED]",
    help="Study of each FILE in turn: KIND motor (the default), sensory, mixed, f (F waves) or h (H reflex), nerve and "
    "place stimulated, and where it was recorded, such as median@wrist or sensory:median@wrist/ring.",
)  # fmt: skip
@click.option(
    "--distance-mm", "distances", multiple=True, type=Positive(), metavar="MM",
    help="Distance of each motor, sensory or mixed site in turn: motor, to the next more distal site, or from the most "
    "distal one to the muscle; sensory and mixed, to the recording electrode.",
)  # fmt: skip
@click.option("--channel", metavar="LABEL", help="Channel to use.  [default: the first]")
@FULL_SCALE
@SAMPLE_RATE
@STIM_LABEL
@click.option("--report", metavar="PATH", help="Write a report to a new file: .html, .pdf or .md.")
@CASE_LABEL
@STORE
@JSON
def analyse(files: tuple[str, ...], **options: Any) -> None:
    """Analyse a recording: findings with the evidence for and against, never a diagnosis.

    Without --site, FILE is needle EMG: spontaneous activity, motor units, interference pattern. Each --site makes the
    next FILE a nerve study, in which each stimulus is annotated 'stim'; the other files are then needle EMG, of one
    muscle each. Recordings at ring, thumb, palm (mixed), lumbrical and interosseous are compared between nerves. A root
    is assessed from two muscles or more. With --case-label a summary is added to the plan of the case. Spontaneous
    activity is firm only where the muscle was marked as at rest. A negative potential must be a negative number in the
    file.
    """
    from drivers.base import DeviceError
    from guidance.analysis.reading import ReadOptions
    from guidance.analysis.report import impression
    from guidance.analysis.run import analyse_files, parse_rest
    from guidance.analysis.sites import parse_sites
    from guidance.analysis.study_context import StudyContext, parse_filters
    from guidance.common.errors import UserError
    from guidance.journal.private_files import refuse_existing, write_private
    from guidance.processes import outcome_of
    from guidance.treatment.plan import add_analysis, load_plan

    report, sites = options["report"], options["sites"]
    if report and Path(report).suffix not in _ENDINGS:
        raise click.UsageError(f"--report {report}: its name must end in {', '.join(_ENDINGS[:-1])} or {_ENDINGS[-1]}.")
    if options["store"] and not options["label"]:
        raise click.UsageError("--store names the folder of the plan of --case-label; give both, or neither.")
    try:
        if report:
            refuse_existing(Path(report), "--report")
        if options["label"]:
            load_plan(store_of(options["store"]), options["label"])
        known = parse_sites(sites, options["distances"], len(files))
        findings = analyse_files(
            files, known, options["muscles"],
            StudyContext(**{name: options[name] for name in _CONTEXT}, filters_hz=parse_filters(options["filters_hz"])),
            rest=[parse_rest(text) for text in options["rest"]],
            options=ReadOptions(**{name: options[name] for name in _READ}),
        )  # fmt: skip
        if report:
            write_private(Path(report), _report_bytes(Path(report).suffix, findings))
        if options["label"]:
            now = datetime.now().astimezone()
            add_analysis(store_of(options["store"]), options["label"], files, impression(findings), now)
    except (UserError, DeviceError) as fault:
        outcome = outcome_of(fault)
        click.echo(f"needle-guidance: {outcome.sentence}", err=True)
        sys.exit(outcome.status)
    _show(findings, as_json=options["as_json"])


def _show(findings: Any, *, as_json: bool) -> None:
    from guidance.analysis.report import json_of, text_of

    click.echo(json.dumps(json_of(findings), allow_nan=False) if as_json else text_of(findings))


def _report_bytes(ending: str, findings: Any) -> bytes:
    """Format the report as a file with the suffix ``ending``."""
    from guidance.analysis.report import html_of, markdown_of

    if ending == ".pdf":
        from guidance.analysis.pdf_report import pdf_of

        return pdf_of(findings, datetime.now().astimezone())
    return (html_of(findings) if ending == ".html" else markdown_of(findings)).encode()
