"""What a front end is, in words: its lines of the report, what it costs, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.common.text import digits
from guidance.device_check.front_end import LEAST_PULSES, FrontEndFinding
from guidance.signal.response.range_monitor import BELOW_RANGE, BEYOND_RANGE

EARLIEST_ONSET_MS = 2.5
"""Onset of the earliest M-wave that guiding must see: a muscle of the hand from the wrist (kinesiology: 2.6 ms)."""

NOT_SHOWN = f"not known: fewer than {LEAST_PULSES} pulses in the signal"


def front_end_lines(finding: FrontEndFinding | None) -> Iterator[str]:
    """Yield the lines of the report, without indentation."""
    if finding is None:
        yield NOT_SHOWN
        return
    yield f"{'; '.join(_parts(finding)) or 'nothing overloads, blanks or filters it'} ({finding.pulses} pulses)"
    yield _cost(finding)


def _cost(finding: FrontEndFinding) -> str:
    if finding.visible_from_ms is None:
        return "what it costs: after these pulses the artefact hides every response"
    return f"what it costs: a response that begins before {finding.visible_from_ms:.1f} ms cannot be seen here"


def _parts(finding: FrontEndFinding) -> Iterator[str]:
    if finding.rail_uv is not None:
        yield _rail(finding, finding.rail_uv)
    if finding.blanked_ms is not None:
        yield f"blanked for {finding.blanked_ms:.1f} ms"
    if finding.recovery_ms:
        yield f"recovers in {finding.recovery_ms:.1f} ms"
    if finding.low_hz is not None:
        yield f"high-pass about {finding.low_hz:.0f} Hz"
    if finding.high_hz is not None:
        yield f"low-pass about {finding.high_hz:.0f} Hz"
    if finding.notch_hz is not None:
        yield f"notch at {finding.notch_hz:.0f} Hz"


def _rail(finding: FrontEndFinding, rail_uv: float) -> str:
    if not finding.is_hard:
        return f"bends or is filtered at {rail_uv / 1e3:.1f} mV"
    since = f", from {finding.overload_from_ma:.1f} mA on" if finding.overload_from_ma else ""
    return (
        f"rail at {rail_uv / 1e3:.1f} mV{_declared(finding.range_uv, rail_uv)}{since}, for {finding.overload_ms:.1f} ms"
    )


def _declared(range_uv: float | None, rail_uv: float) -> str:
    if range_uv is None:
        return " (no range is declared)"
    if rail_uv > BEYOND_RANGE * range_uv:
        return f" (beyond the declared range of {digits(range_uv / 1e3)} mV)"
    return "" if rail_uv > BELOW_RANGE * range_uv else f" (below the declared range of {digits(range_uv / 1e3)} mV)"


def front_end_faults(finding: FrontEndFinding | None) -> Iterator[str]:
    """Yield what to mend, where the front end hides responses that matter, or declares a range that is wrong."""
    if finding is None:
        return
    if finding.range_uv is not None and (finding.rail_uv or 0.0) > BEYOND_RANGE * finding.range_uv:
        yield "The signal exceeds the range that the device declares: its scale or its range is wrong; ask its maker."
    if finding.visible_from_ms is not None and finding.visible_from_ms <= EARLIEST_ONSET_MS:
        return
    if finding.blanked_ms is not None and finding.blanked_ms > EARLIEST_ONSET_MS:
        yield "Blanking hides early responses: shorten it, or use a muscle farther from the needle."
    if finding.rail_uv is not None:
        yield (
            "The stimulus overloads the input: choose a larger range, put the ground between needle and recording "
            "electrodes, and move these away from the needle."
        )
    elif finding.blanked_ms is None:
        yield "The artefact is long: put the ground between needle and recording electrodes, and clean the skin."
    if finding.low_hz is not None:
        yield f"The high-pass at {finding.low_hz:.0f} Hz prolongs the artefact: set it to 10 Hz or lower."
    if finding.notch_hz is not None:
        yield "The mains notch rings after each pulse: switch it off."
