"""The analysis as PDF, in the layout of a procedure's note."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from guidance.analysis.findings import MeasureRow, ReportFinding
from guidance.analysis.motor_units import MeasuredUnit
from guidance.analysis.report import HEAD, MOST_UNITS, AnalysisReport, caption_of, impression
from guidance.note.page import NoteItem, NotePage, Section, sentence
from guidance.note.pdf import pdf
from guidance.note.pictures import Picture
from guidance.note.traces import traces
from guidance.signal.sweep.basis import Array

_MOST_COLUMNS = 4000


def pdf_of(report: AnalysisReport, written_at: datetime) -> bytes:
    """Render ``report``, ``written_at`` then, on A4 pages; a recording names no patient, so the report names none."""
    return pdf(page_of(report), list(_pictures(report)), written_at)


def page_of(report: AnalysisReport) -> NotePage:
    """Return the text of ``report`` as a page."""
    sections = (
        Section("Impression", (NoteItem("Summary", (sentence(impression(report).partition(": ")[2]),)),)),
        Section("Recording", (NoteItem("About", tuple(map(sentence, report.about))),)),
        Section("Measures", tuple(map(_measure, report.rows))),
        Section("Findings", tuple(map(_finding, report.findings))),
        Section(
            "Sources", (NoteItem("Reference ranges", tuple(map(sentence, report.sources))),) if report.sources else ()
        ),
    )
    filled = tuple(section for section in sections if section.items)
    return NotePage("EMG analysis", "not named", filled, banners=(f"{HEAD.partition('; ')[0]}.", HEAD))


def _measure(row: MeasureRow) -> NoteItem:
    reference = "; " + f"{row.holds} {row.reference}".strip() if row.reference else ""
    return NoteItem(row.measure, (sentence(f"{row.value}{reference}"),))


def _finding(finding: ReportFinding) -> NoteItem:
    why = f" ({finding.why})" if finding.why else ""
    parts = {
        "for": finding.evidence_for,
        "against": finding.evidence_against,
        "undecided": finding.undecided,
    }
    evidence_lines = [f"{word}: {each}" for word, evidence in parts.items() for each in evidence]
    return NoteItem(finding.name, tuple(map(sentence, [f"{finding.word}{why}", *evidence_lines])))


def _pictures(report: AnalysisReport) -> Iterator[Picture]:
    if report.strip_uv is not None:
        step = max(1, len(report.strip_uv) // _MOST_COLUMNS)
        yield traces("signal", "The beginning of the signal, in uV.", [("", report.strip_uv[::step])], columns=1)
    if report.units:
        shown = [_unit(unit) for unit in report.units[:MOST_UNITS]]
        yield traces("units", "Motor units, in uV, negative up.", shown)


def _unit(unit: MeasuredUnit) -> tuple[str, Array]:
    return caption_of(unit), -unit.wave
