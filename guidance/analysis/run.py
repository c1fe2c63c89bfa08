"""An analysis from files to report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from guidance.analysis import needle, nerves
from guidance.analysis.conduction import measure_conduction, with_velocities
from guidance.analysis.findings import MeasureRow, ReportFinding
from guidance.analysis.late_waves import HReflexResult, measure_f_waves, measure_h_reflex
from guidance.analysis.nerve_rows import f_rows, h_rows
from guidance.analysis.pathology import NerveStudies
from guidance.analysis.reading import ReadOptions, RecordedSignal, RestEpoch, read
from guidance.analysis.reference_values import UNITS
from guidance.analysis.report import AnalysisReport
from guidance.analysis.roots import radiculopathy
from guidance.analysis.sensory import measure_sensory
from guidance.analysis.sites import F_WAVE, H_REFLEX, MIXED, MOTOR, SENSORY, StimulationSite
from guidance.analysis.study_context import StudyContext
from guidance.common.errors import UsageError
from guidance.signal.sweep.basis import Array

_STRIP_S = 2.0
_NEEDLE = "Analysed as needle EMG, with a negative potential as a negative number; not valid for surface electrodes."


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
    context: StudyContext = StudyContext(),  # noqa: B008 (frozen)
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
    nerve = _measure(signals, sites)
    recorded = signals[len(sites) :]
    named = [*muscles, *[None] * (needled - len(muscles))]
    studies = [needle.study(s, muscle, rest, context.needle) for s, muscle in zip(recorded, named, strict=True)]
    findings = [finding for each in studies for finding in _named(each, len(studies))]
    findings += nerves.findings_of(nerve.studies, context) if nerve.studies.motor or nerve.studies.sensory else []
    findings += [radiculopathy(studies, nerve.studies, context)]
    first = studies[0] if studies else None
    return AnalysisReport(
        files=tuple(files),
        about=(*_about(signals, named, context, nerve), *((_NEEDLE,) if studies else ())),
        rows=(*nerve.rows(context), *(row for each in studies for row in _rows(each, len(studies)))),
        findings=tuple(findings),
        pieces=first.pieces if first else (),
        units=(*first.units.units, *first.units.far) if first and first.units else (),
        strip_uv=_strip(recorded[0] if recorded else signals[0]),
    )


@dataclass(frozen=True, slots=True)
class _NerveMeasures:
    """All nerve studies of the files, and the H reflexes, which no finding uses."""

    studies: NerveStudies
    h_reflexes: tuple[HReflexResult, ...]

    def rows(self, context: StudyContext) -> Iterator[MeasureRow]:
        """Emit all measures with their ranges."""
        yield from nerves.rows_of(self.studies.motor, self.studies.sensory, context)
        for f_wave in self.studies.f_waves:
            yield from f_rows(f_wave)
        for h_reflex in self.h_reflexes:
            yield from h_rows(h_reflex, context)


def _measure(signals: Sequence[RecordedSignal], sites: Sequence[StimulationSite]) -> _NerveMeasures:
    """Measure each site in its file, by its kind."""
    pairs = list(zip(signals, sites, strict=False))
    motor = with_velocities([measure_conduction(s, site) for s, site in pairs if site.kind == MOTOR])
    sensory = [measure_sensory(s, site) for s, site in pairs if site.kind in (SENSORY, MIXED)]
    f_waves = [measure_f_waves(s, site) for s, site in pairs if site.kind == F_WAVE]
    h_reflexes = tuple(measure_h_reflex(s, site) for s, site in pairs if site.kind == H_REFLEX)
    return _NerveMeasures(NerveStudies(motor, sensory, f_waves), h_reflexes)


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


def _about(
    signals: Sequence[RecordedSignal], muscles: Sequence[str | None], context: StudyContext, nerve: _NerveMeasures
) -> list[str]:
    lines = [f"{s.name}: {s.seconds:.1f} s at {s.info.sample_rate_hz:g} Hz, {s.info.channels[0].name}" for s in signals]
    lines += [_about_muscle(muscle) for muscle in muscles] if muscles else []
    lines += context.lines(nerves=len(signals) > len(muscles), needle=bool(muscles))
    if nerve.studies.motor and not nerve.studies.sensory:
        lines.append("No sensory study: insensitive for carpal tunnel syndrome.")
    return [*lines, *(warning for s in signals for warning in s.warnings)]


def _about_muscle(muscle: str | None) -> str:
    known = (muscle or "").casefold() in UNITS
    named = f"Muscle: {muscle}" if muscle else "Muscle not named (--muscle)"
    return named if known else f"{named}; no reference table for it, so ranges of any muscle are used."


def _strip(signal: RecordedSignal) -> Array | None:
    return signal.uv[: round(_STRIP_S * signal.info.sample_rate_hz)] if len(signal.uv) else None
