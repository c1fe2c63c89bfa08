"""The rows of sensory conduction, F waves and the H reflex: each number with its range, or "no reference"."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.analysis.findings import MeasureRow, figure
from guidance.analysis.late_waves import DISPERSION_STIMULI, FWaveResult, HReflexResult
from guidance.analysis.nerve_references import F_BY_HEIGHT, f_reference, h_reference, sensory_reference
from guidance.analysis.reference_values import NO_REFERENCE, ReferenceRange
from guidance.analysis.sensory import SensoryResult
from guidance.analysis.study_context import StudyContext


def measure_row(name: str, value: float, unit: str, known: ReferenceRange | None, note: str = "") -> MeasureRow:
    """Return the row of ``value`` with its range; ``note`` follows the number."""
    text = f"{figure(value)} {unit}{note}"
    if known is None or not known.holds(value):
        return MeasureRow(name, text, NO_REFERENCE, "", "")
    return MeasureRow(name, text, known.words(unit), known.holds(value), known.source)


def unknown_row(name: str, why: str) -> MeasureRow:
    """Return the row of a measure that is not assessable, with the reason."""
    return MeasureRow(name, f"not assessable: {why}", "", "", "")


def sensory_rows(each: SensoryResult, context: StudyContext) -> Iterator[MeasureRow]:
    """Emit latencies, amplitude and velocity of a sensory or mixed site."""
    name, known = each.site.name, sensory_reference(each.site, context)
    if each.is_absent:
        yield MeasureRow(f"{name}, response", f"absent: {each.why} in {each.averaged} sweeps", "", "", "")
        return
    if each.onset_ms is None or each.peak_ms is None or each.amplitude_uv is None:
        yield unknown_row(name, each.why)
        return
    yield measure_row(f"{name}, onset latency", each.onset_ms, "ms", known.onset_ms)
    yield measure_row(f"{name}, peak latency", each.peak_ms, "ms", known.peak_ms)
    yield measure_row(f"{name}, amplitude", each.amplitude_uv, "uV", known.amplitude_uv, f", {each.averaged} sweeps")
    if each.velocity_m_s is not None:
        yield measure_row(f"{name}, velocity", each.velocity_m_s, "m/s", known.velocity_m_s)
    else:
        yield unknown_row(f"{name}, velocity", each.velocity_why)


def f_rows(each: FWaveResult) -> Iterator[MeasureRow]:
    """Emit least latency, persistence and chronodispersion of F waves."""
    name, known = each.site.name, f_reference(each.site)
    if each.persistence_percent is None:
        yield unknown_row(name, each.why)
        return
    of = f", {each.count} of {each.stimuli} stimuli"
    yield measure_row(f"{name}, persistence", each.persistence_percent, "%", known.persistence_percent, of)
    if each.least_ms is None or each.mean_ms is None:
        return
    yield measure_row(f"{name}, least latency", each.least_ms, "ms", known.least_ms, f" ({F_BY_HEIGHT})")
    yield measure_row(f"{name}, mean latency", each.mean_ms, "ms", None)
    if each.dispersion_ms is not None:
        few = each.stimuli < DISPERSION_STIMULI
        note = f" (at least: {DISPERSION_STIMULI} stimuli are needed)" if few else ""
        yield measure_row(f"{name}, chronodispersion", each.dispersion_ms, "ms", known.dispersion_ms, note)


def h_rows(each: HReflexResult, context: StudyContext) -> Iterator[MeasureRow]:
    """Emit latency, height and ratio of the H reflex."""
    name = each.site.name
    if each.is_absent:
        yield MeasureRow(f"{name}, response", f"absent after {each.stimuli} stimuli", "", "", "")
        return
    if each.latency_ms is None or each.h_mv is None:
        yield unknown_row(name, each.why)
        return
    yield measure_row(f"{name}, latency", each.latency_ms, "ms", h_reference(each.site, context.age))
    yield measure_row(f"{name}, largest H", each.h_mv, "mV", None)
    if each.h_to_m_percent is None:
        yield unknown_row(f"{name}, H to M", "no direct response was recorded")
        return
    note = " (of the largest M recorded, which is the maximum only if the current reached it)"
    yield measure_row(f"{name}, H to M", each.h_to_m_percent, "%", None, note)
