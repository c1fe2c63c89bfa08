"""An analysis from files to report."""

from __future__ import annotations

from collections.abc import Sequence

from guidance.analysis import needle, nerves
from guidance.analysis.conduction import ConductionResult, StimulationSite, measure_conduction, with_velocities
from guidance.analysis.findings import ReportFinding
from guidance.analysis.reading import RecordedSignal, read
from guidance.analysis.reference_values import NERVES, UNITS
from guidance.analysis.report import AnalysisReport
from guidance.common.errors import UsageError
from guidance.signal.sweep.basis import Array

_STRIP_S = 2.0
_NEEDLE = "Analysed as needle EMG, with a negative potential as a negative number; not valid for surface electrodes."


def parse_sites(sites: Sequence[str], distances_mm: Sequence[float], files: int) -> list[StimulationSite]:
    """Return the sites that ``sites`` (nerve@place) name. Raises UsageError for a malformed one."""
    if len(sites) > files or files > len(sites) + 1:
        raise UsageError(
            f"{files} files with {len(sites)} --site: name one for each file, or for all but one of needle EMG."
        )
    if len(distances_mm) > len(sites):
        raise UsageError(f"{len(distances_mm)} --distance-mm for {len(sites)} --site: give at most one for each.")
    padded: list[float | None] = [*distances_mm, *[None] * (len(sites) - len(distances_mm))]
    return [_site(text, distance_mm) for text, distance_mm in zip(sites, padded, strict=True)]


def _site(text: str, distance_mm: float | None) -> StimulationSite:
    nerve, _, place = text.partition("@")
    if nerve not in NERVES or not place.strip() or not place.isprintable():
        raise UsageError(f"--site {text!r} is not NERVE@PLACE; nerves with reference values: {', '.join(NERVES)}.")
    return StimulationSite(nerve, place.strip(), distance_mm)


def analyse_files(
    files: Sequence[str],
    sites: Sequence[StimulationSite],
    muscle: str | None,
    age: int | None,
    *,
    channel: str | None = None,
    full_scale_uv: float | None = None,
    sample_rate_hz: float | None = None,
    stim_label: str | None = None,
) -> AnalysisReport:
    """Analyse ``files``: those of ``sites`` first, then needle EMG. Raises DeviceError and UserError."""
    signals = [read(file, channel, full_scale_uv, sample_rate_hz, stim_label) for file in files]
    results = with_velocities([measure_conduction(s, site) for s, site in zip(signals, sites, strict=False)])
    muscles = signals[len(sites) :]
    studies = [needle.study(signal, muscle) for signal in muscles]
    first = studies[0] if studies else None
    of_needle = first.findings if first else ()
    of_nerves = nerves.findings_of(results, of_needle) if results else []
    return AnalysisReport(
        files=tuple(files),
        about=(*_about(signals, muscle, age), *((_NEEDLE,) if muscles else ())),
        rows=(*nerves.rows_of(results), *(first.rows if first else ())),
        findings=(*of_needle, *of_nerves, *_alone(of_needle, results)),
        pieces=first.pieces if first else (),
        units=first.units.units if first and first.units else (),
        strip_uv=_strip(muscles[0] if muscles else signals[0]),
    )


def _alone(of_needle: Sequence[ReportFinding], results: Sequence[ConductionResult]) -> list[ReportFinding]:
    """Return the finding that needle EMG alone cannot assess."""
    if results or not of_needle:
        return []
    why = "EMG of one muscle cannot distinguish a root from a nerve: other muscles and nerve conduction are needed"
    return [ReportFinding("radiculopathy pattern", "not assessable", why=why)]


def _about(signals: Sequence[RecordedSignal], muscle: str | None, age: int | None) -> list[str]:
    lines = [f"{s.name}: {s.seconds:.1f} s at {s.info.sample_rate_hz:g} Hz, {s.info.channels[0].name}" for s in signals]
    known = (muscle or "").casefold() in UNITS
    named = f"Muscle: {muscle}" if muscle else "Muscle not named (--muscle)"
    lines.append(named if known else f"{named}; no reference table for it, so ranges of any muscle are used.")
    aged = "Age not given" if age is None else f"Age {age}"
    lines.append(f"{aged}; the reference ranges are not split by age.")
    return [*lines, *(warning for s in signals for warning in s.warnings)]


def _strip(signal: RecordedSignal) -> Array | None:
    return signal.uv[: round(_STRIP_S * signal.info.sample_rate_hz)] if len(signal.uv) else None
