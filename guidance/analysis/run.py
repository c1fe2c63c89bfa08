"""An analysis from files to report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from guidance.analysis import needle, nerves
from guidance.analysis.conduction import StimulationSite, measure_conduction, with_velocities
from guidance.analysis.findings import MeasureRow, ReportFinding
from guidance.analysis.reading import ReadOptions, RecordedSignal, RestEpoch, read
from guidance.analysis.reference_values import NERVES, UNITS
from guidance.analysis.report import AnalysisReport
from guidance.analysis.roots import radiculopathy
from guidance.common.errors import UsageError
from guidance.signal.sweep.basis import Array

_STRIP_S = 2.0
_NEEDLE = "Analysed as needle EMG, with a negative potential as a negative number; not valid for surface electrodes."


def parse_sites(sites: Sequence[str], distances_mm: Sequence[float], files: int) -> list[StimulationSite]:
    """Return the sites that ``sites`` (nerve@place) name. Raises UsageError for a malformed one."""
    if len(sites) > files:
        raise UsageError(f"{files} files with {len(sites)} --site: name at most one for each file.")
    if len(distances_mm) > len(sites):
        raise UsageError(f"{len(distances_mm)} --distance-mm for {len(sites)} --site: give at most one for each.")
    padded: list[float | None] = [*distances_mm, *[None] * (len(sites) - len(distances_mm))]
    return [_site(text, distance_mm) for text, distance_mm in zip(sites, padded, strict=True)]


def _site(text: str, distance_mm: float | None) -> StimulationSite:
    nerve, _, place = text.partition("@")
    if nerve not in NERVES or not place.strip() or not place.isprintable():
        raise UsageError(f"--site {text!r} is not NERVE@PLACE; nerves with reference values: {', '.join(NERVES)}.")
    return StimulationSite(nerve, place.strip(), distance_mm)


def parse_rest(text: str) -> RestEpoch:
    """Read an epoch at rest, ``START-END`` in s from the start of the recording. Raises UsageError."""
    start, _, end = text.partition("-")
    try:
        epoch = (float(start), float(end))
    except ValueError:
        epoch = (0.0, 0.0)
    if not 0.0 <= epoch[0] < epoch[1] < math.inf:
        raise UsageError(f"--rest {text!r} is not START-END in seconds, such as --rest 3.0-9.5.")
    return epoch


def analyse_files(
    files: Sequence[str],
    sites: Sequence[StimulationSite],
    muscles: Sequence[str],
    age: int | None,
    *,
    rest: Sequence[RestEpoch] = (),
    options: ReadOptions = ReadOptions(),  # noqa: B008 (frozen)
) -> AnalysisReport:
    """Analyse ``files``: those of ``sites`` first, then needle EMG of ``muscles`` in turn, the first one at ``rest``.

    Raises DeviceError, UserError, and UsageError where the files are not those that were named.
    """
    needled = len(files) - len(sites)
    _check_counts(needled, len(muscles), rest)
    signals = [read(file, options) for file in files]
    results = with_velocities([measure_conduction(s, site) for s, site in zip(signals, sites, strict=False)])
    recorded = signals[len(sites) :]
    named = [*muscles, *[None] * (needled - len(muscles))]
    studies = [needle.study(s, muscle, rest) for s, muscle in zip(recorded, named, strict=True)]
    findings = [finding for each in studies for finding in _named(each, len(studies))]
    findings += nerves.findings_of(results) if results else []
    findings += [radiculopathy(studies, results)]
    first = studies[0] if studies else None
    return AnalysisReport(
        files=tuple(files),
        about=(*_about(signals, named, age), *((_NEEDLE,) if studies else ())),
        rows=(*nerves.rows_of(results), *(row for each in studies for row in _rows(each, len(studies)))),
        findings=tuple(findings),
        pieces=first.pieces if first else (),
        units=first.units.units if first and first.units else (),
        strip_uv=_strip(recorded[0] if recorded else signals[0]),
    )


def _check_counts(needled: int, muscles: int, rest: Sequence[RestEpoch]) -> None:
    if needled > max(1, muscles):
        raise UsageError(f"{needled} files of needle EMG with {muscles} --muscle: name the muscle of each in turn.")
    if muscles > needled:
        raise UsageError(f"{muscles} --muscle for {needled} files of needle EMG: name one for each at most.")
    if rest and needled != 1:
        raise UsageError("--rest marks epochs of one file of needle EMG; annotate 'rest' in the files of several.")


def _named(study: needle.NeedleStudy, studies: int) -> list[ReportFinding]:
    """Return the findings of ``study``, with its muscle in their names where there are several."""
    if studies == 1:
        return list(study.findings)
    return [replace(finding, name=f"{finding.name}, {study.muscle}") for finding in study.findings]


def _rows(study: needle.NeedleStudy, studies: int) -> list[MeasureRow]:
    if studies == 1:
        return list(study.rows)
    return [replace(row, measure=f"{study.muscle}, {row.measure}") for row in study.rows]


def _about(signals: Sequence[RecordedSignal], muscles: Sequence[str | None], age: int | None) -> list[str]:
    lines = [f"{s.name}: {s.seconds:.1f} s at {s.info.sample_rate_hz:g} Hz, {s.info.channels[0].name}" for s in signals]
    lines += [_about_muscle(muscle) for muscle in muscles] if muscles else []
    aged = "Age not given" if age is None else f"Age {age}"
    lines.append(f"{aged}; the reference ranges are not split by age. Skin temperature not recorded.")
    return [*lines, *(warning for s in signals for warning in s.warnings)]


def _about_muscle(muscle: str | None) -> str:
    known = (muscle or "").casefold() in UNITS
    named = f"Muscle: {muscle}" if muscle else "Muscle not named (--muscle)"
    return named if known else f"{named}; no reference table for it, so ranges of any muscle are used."


def _strip(signal: RecordedSignal) -> Array | None:
    return signal.uv[: round(_STRIP_S * signal.info.sample_rate_hz)] if len(signal.uv) else None
