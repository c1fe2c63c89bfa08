"""The analysis as text, JSON, Markdown or one self-contained HTML page with pictures of units and signal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import numpy as np

from guidance.analysis.findings import (
    NOT_ASSESSABLE,
    NOT_SUGGESTED,
    SEEN,
    SUGGESTED,
    UNDECIDED,
    MeasureRow,
    ReportFinding,
)
from guidance.analysis.motor_units import MeasuredUnit
from guidance.analysis.reference_values import SOURCES
from guidance.signal.sweep.basis import Array

HEAD = "Diagnostic aid, not a diagnosis; research software, not a medical device. A clinician must judge the patterns."
_ORDER = (SUGGESTED, SEEN, UNDECIDED, NOT_SUGGESTED, NOT_ASSESSABLE)
"""The order in which the impression names findings: what asks for attention first."""
_OUTSIDE = ("below", "above")
MOST_UNITS = 24
"""Most units that a report shows as pictures."""
_WIDTH, _HEIGHT = 240, 110
_STYLE = (
    "body{font:16px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#16202b}"
    "table{border-collapse:collapse}td,th{padding:.25rem .8rem .25rem 0;text-align:left;vertical-align:top}"
    "figure{display:inline-block;margin:.4rem}figcaption{font-size:.85rem}.below,.above{font-weight:600}"
)


@dataclass(frozen=True, slots=True, eq=False)
class AnalysisReport:
    """The report: its files, measures with ranges, findings; units and the beginning of the signal for pictures."""

    files: tuple[str, ...]
    about: tuple[str, ...]
    rows: tuple[MeasureRow, ...]
    findings: tuple[ReportFinding, ...]
    pieces: tuple[str, ...] = ()
    units: tuple[MeasuredUnit, ...] = ()
    strip_uv: Array | None = None

    @property
    def sources(self) -> list[str]:
        """Sources of all ranges in the report."""
        return [SOURCES[key] for key in dict.fromkeys(row.source for row in self.rows if row.source)]


def impression(report: AnalysisReport) -> str:
    """Sum the findings up in one paragraph, in their own words, with the measures outside their range."""
    by_word: dict[str, list[str]] = {}
    for finding in report.findings:
        by_word.setdefault(finding.word, []).append(finding.name)
    parts = [f"{', '.join(by_word[word])} {word}" for word in _ORDER if word in by_word]
    text = "; ".join(parts) or "no finding"
    outside = [f"{r.measure} {_brief(r.value)} ({r.holds} {r.reference})" for r in report.rows if r.holds in _OUTSIDE]
    measures = f" Outside the reference: {'; '.join(outside)}." if outside else ""
    return f"Impression: {text}.{measures} Descriptive findings, not a diagnosis."


def _brief(value: str) -> str:
    """Return a number with its unit, without what follows it."""
    return value.partition(", ")[0].partition(" (")[0]


def text_of(report: AnalysisReport) -> str:
    """Render the report for a terminal."""
    lines = [*report.about, HEAD, "", impression(report), ""]
    lines += [_row_text(row) for row in report.rows]
    for finding in report.findings:
        lines += ["", f"{finding.name}: {finding.word}{f' ({finding.why})' if finding.why else ''}"]
        lines += [f"  for: {sentence}" for sentence in finding.evidence_for]
        lines += [f"  against: {sentence}" for sentence in finding.evidence_against]
        lines += [f"  undecided: {sentence}" for sentence in finding.undecided]
    lines += ["", "Sources:", *(f"  {source}" for source in report.sources)] if report.sources else []
    return "\n".join(lines)


def json_of(report: AnalysisReport) -> dict[str, Any]:
    """Return the report for a program."""
    units = [
        {
            "seen": unit.discharges,
            "averaged": unit.averaged,
            "firing_hz": unit.firing_hz,
            "satellites": unit.satellites,
            "jiggle": asdict(unit.jiggle) if unit.jiggle else None,
            "standard_errors": unit.errors,
        }
        | asdict(unit.measures)
        for unit in report.units
    ]
    return {
        "files": list(report.files),
        "about": list(report.about),
        "note": HEAD,
        "impression": impression(report),
        "measures": [asdict(row) for row in report.rows],
        "findings": [asdict(finding) for finding in report.findings],
        "pieces": list(report.pieces),
        "units": units,
        "sources": report.sources,
    }


def markdown_of(report: AnalysisReport) -> str:
    """Render the report for a note, without pictures."""
    lines = [
        "# EMG analysis",
        "",
        *report.about,
        "",
        HEAD,
        "",
        impression(report),
        "",
        "| measure | value | reference | |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {r.measure} | {r.value} | {r.reference} | {r.holds} |" for r in report.rows]
    for finding in report.findings:
        lines += ["", f"## {finding.name}: {finding.word}", ""]
        lines += [f"- for: {s}" for s in finding.evidence_for] + [f"- against: {s}" for s in finding.evidence_against]
        lines += [f"- undecided: {sentence}" for sentence in finding.undecided]
        lines += [f"- {finding.why}"] if finding.why else []
    return "\n".join([*lines, "", "Sources:", "", *(f"- {source}" for source in report.sources), ""])


def html_of(report: AnalysisReport) -> str:
    """Render the report as one HTML page that needs no other file."""
    rows = "".join(
        f"<tr><td>{escape(r.measure)}</td><td class='{r.holds}'>{escape(r.value)}</td><td>{escape(r.reference)}</td>"
        f"<td>{r.holds}</td></tr>"
        for r in report.rows
    )
    figures = "".join(_unit_figure(unit) for unit in report.units[:MOST_UNITS])
    strip = "" if report.strip_uv is None else f"<h2>Signal</h2>{_svg(report.strip_uv, 960, 160)}"
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>EMG analysis</title>"
        f"<style>{_STYLE}</style><h1>EMG analysis</h1>{''.join(f'<p>{escape(a)}</p>' for a in report.about)}"
        f"<p><strong>{HEAD}</strong></p><p>{escape(impression(report))}</p><table><tr><th>measure<th>value<th>reference<th></tr>{rows}</table>"
        f"{''.join(_finding_html(finding) for finding in report.findings)}{strip}"
        f"{'<h2>Motor units, negative up</h2>' + figures if figures else ''}"
        f"<h2>Sources</h2><ul>{''.join(f'<li>{escape(s)}</li>' for s in report.sources)}</ul></html>\n"
    )


def _row_text(row: MeasureRow) -> str:
    reference = f"  {row.holds} {row.reference}".replace("   ", "  ") if row.reference else ""
    return f"{row.measure + ':':42} {row.value}{reference}"


def _finding_html(finding: ReportFinding) -> str:
    items = [f"<li>for: {escape(s)}</li>" for s in finding.evidence_for]
    items += [f"<li>against: {escape(s)}</li>" for s in finding.evidence_against]
    items += [f"<li>undecided: {escape(s)}</li>" for s in finding.undecided]
    items += [f"<li>{escape(finding.why)}</li>"] if finding.why else []
    return f"<h2>{escape(finding.name)}: {escape(finding.word)}</h2><ul>{''.join(items)}</ul>"


def caption_of(unit: MeasuredUnit) -> str:
    """Return the measures of ``unit`` with their standard errors in one line."""
    m, errors = unit.measures, unit.errors
    size = f"{m.amplitude_uv:.0f} +- {errors['amplitude_uv']:.0f} uV"
    sizes = f"{size}, {m.duration_ms:.1f} +- {errors['duration_ms']:.1f} ms"
    late = f", {unit.satellites} satellites" if unit.satellites else ""
    return f"{sizes}, {m.phases} phases{late}, mean of {unit.averaged}"


def _unit_figure(unit: MeasuredUnit) -> str:
    return f"<figure>{_svg(-unit.wave, _WIDTH, _HEIGHT)}<figcaption>{caption_of(unit)}</figcaption></figure>"


def _svg(uv: Array, width: int, height: int) -> str:
    """Draw ``uv`` (n,) as a line, positive up; lost samples interrupt it."""
    step = max(1, len(uv) // (4 * width))
    shown = uv[::step]
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    scale = (height - 4) / max(high - low, 1e-9)
    x = np.arange(len(shown)) * (width / max(len(shown) - 1, 1))
    parts = np.split(np.arange(len(shown)), np.flatnonzero(np.diff(np.isnan(shown).astype(int))) + 1)
    lines = [
        "<polyline fill='none' stroke='#16202b' points='"
        + " ".join(f"{x[i]:.1f},{2 + (high - shown[i]) * scale:.1f}" for i in part)
        + "'/>"
        for part in parts
        if not np.isnan(shown[part]).any()
    ]
    return f"<svg viewBox='0 0 {width} {height}' width='{width}' height='{height}'>{''.join(lines)}</svg>"
