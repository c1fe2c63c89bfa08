"""The strict check: what one sheet says in several places must agree, and be possible.

The loader refuses what no procedure can run with (``consistency``). This check finds what a procedure can run with
and yet contradicts itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from guidance.protocol.innervation import SUPPLY
from guidance.protocol.sheet import (
    BiofeedbackProtocol,
    BotulinumProtocol,
    Indication,
    NeedleTable,
    NerveBlock,
    Product,
    Sheet,
)

SessionLimit = Callable[[Product, Indication], float | None]
"""The most units of a product in a session for an indication, from the drug table; None if the table has none."""

_CURRENT = re.compile(r"(?:(\d+(?:\.\d+)?) (?:to|and up to) )?(\d+(?:\.\d+)?) mA\b")
_UNKNOWN_NERVE = "target.nerve"
LEG_WINDOW_MS = 35.0
"""The least end of the response window of a leg block, in ms: responses of the foot come later than 25 ms in tall and
in neuropathic patients (abductor hallucis 25.6 +- 2.2 ms from L1: Stimulation of cauda equina with a figure-of-eight
magnetic coil, discovery.researcher.life 6c3ec556)."""
LEG_NERVES = frozenset(
    name for name, muscles in SUPPLY.items() if muscles & {"vastus-medialis", "adductor-longus", "abductor-hallucis"}
) | {"common peroneal nerve"}


def strict_faults(sheet: Sheet, session_limit: SessionLimit) -> Iterator[str]:
    """Yield a sentence for each contradiction in ``sheet``; it begins with the key."""
    yield from _latencies(sheet)
    if isinstance(sheet, BiofeedbackProtocol):
        return
    yield from _needle(sheet.needle)
    yield from _currents(sheet)
    if isinstance(sheet, NerveBlock):
        yield from _responses(sheet)
        yield from _agents(sheet)
    if isinstance(sheet, BotulinumProtocol):
        yield from _units(sheet, session_limit)


def contradiction_of(sheet: Sheet, session_limit: SessionLimit) -> str | None:
    """Return the first contradiction in a site's ``sheet``; None if it has none.

    A nerve that the table of supply does not have is no contradiction: its responses cannot be checked, that is all.
    """
    return next((fault for fault in strict_faults(sheet, session_limit) if not fault.startswith(_UNKNOWN_NERVE)), None)


def _latencies(sheet: Sheet) -> Iterator[str]:
    """Check that every expected response lies in the window in which one is sought."""
    window, direct = sheet.response.window_ms.value, sheet.response.direct_before_ms.value
    if window is None:
        return
    if sheet.target.nerve.value in LEG_NERVES and window[1] < LEG_WINDOW_MS:
        yield f"response.window_ms ends at {window[1]:g} ms: a leg block's window reaches {LEG_WINDOW_MS:g} ms"
    for key, muscle in sheet.target.muscles.items():
        for name in ("m_latency_ms", "h_latency_ms"):
            span = getattr(muscle, name).value
            where = f"target.muscles.{key}.{name}"
            if span is not None and not window[0] <= span[0] <= span[1] <= window[1]:
                yield (
                    f"{where} = {span[0]:g} to {span[1]:g} ms: is not inside response.window_ms = "
                    f"{window[0]:g} to {window[1]:g} ms"
                )
            if span is not None and direct is not None and span[0] < direct:
                yield f"{where} begins at {span[0]:g} ms: is below response.direct_before_ms = {direct:g} ms"


def _needle(needle: NeedleTable) -> Iterator[str]:
    """Check that a needle of this length reaches the target."""
    length, depth = needle.length_mm.value, needle.depth_mm.value
    if length is not None and depth is not None and length[1] < depth[1]:
        yield f"needle.length_mm = up to {length[1]:g} mm: does not reach needle.depth_mm = {depth[1]:g} mm"


def _currents(sheet: Sheet) -> Iterator[str]:
    """Check that a sentence about a current names one of the sheet's own."""
    if isinstance(sheet, BiofeedbackProtocol):
        return
    near, stimulus = sheet.proximity, sheet.stimulus
    from_ma = near.target_from_ma.value if near.target_from_ma else None
    items = (near.lower_bound_ma.value, from_ma, near.target_ma.value, stimulus.start_current_ma.value)
    own = {value for value in (*items, stimulus.max_current_ma.value) if value is not None}
    texts = [(f"steps.{place}", step.do) for place, step in enumerate(sheet.steps, 1)]
    texts += [(f"refuse.{key}", f"{row.response} {row.do}") for key, row in sheet.refuse.items()]
    for where, text in texts:
        found = {float(value) for pair in _CURRENT.findall(text) for value in pair if value}
        if wrong := sorted(found - own):
            yield f"{where} names {wrong[0]:g} mA: is none of the sheet's currents"


def _responses(sheet: NerveBlock) -> Iterator[str]:
    """Check that each accepted response can come through this nerve at this place, and is not refused as well."""
    nerve = sheet.target.nerve.value
    accepted = {row.response.casefold(): key for key, row in sheet.accept.items()}
    for key, row in sheet.refuse.items():
        if (same := accepted.get(row.response.casefold())) is not None:
            yield f"refuse.{key} is also accept.{same}: a response is accepted or refused, not both"
    if not sheet.accept:
        return
    supplied = SUPPLY.get(nerve or "")
    if supplied is None:
        yield f"{_UNKNOWN_NERVE} = {nerve!r}: is not a known nerve, so its responses cannot be checked"
        return
    for key, accept in sheet.accept.items():
        if wrong := _without(accept.muscles, supplied):
            yield f"accept.{key}.muscles names {wrong}: the {nerve} does not supply it"


def _agents(sheet: NerveBlock) -> Iterator[str]:
    """Check that no neurolytic agent may be given beyond the volume that the sheet allows in all."""
    most = sheet.injection.volume_ml.value
    for agent, entry in sheet.neurolysis.items():
        span = entry.volume_ml.value
        if span is not None and most is not None and span[1] > most[1]:
            yield f"neurolysis.{agent}.volume_ml = up to {span[1]:g} mL: is above injection.volume_ml = {most[1]:g} mL"


def _without(muscles: Iterable[str], supplied: frozenset[str]) -> str | None:
    return next((muscle for muscle in muscles if muscle not in supplied), None)


def _units(sheet: BotulinumProtocol, session_limit: SessionLimit) -> Iterator[str]:
    """Check the units of a muscle against those of a region and of a session."""
    for product, limits in sheet.limits.items():
        session = session_limit(product, sheet.indication)
        dose = sheet.dose.get(product)
        span = dose.range_u.value if dose else None
        where = f"limits.{product}.muscle_max_u"
        most = limits.muscle_max_u.value if limits.muscle_max_u.value is not None else span[1] if span else None
        if session is None:
            yield f"limits.{product}: the drug table has no session limit of {product} for {sheet.indication}"
        elif most is not None and most > session:
            yield f"{where} = {most:g} U: is above the session's limit, {session:g} U for {sheet.indication}"
        region = limits.region_max_u.value
        if most is not None and region is not None and most > region:
            yield f"{where} = {most:g} U: is above limits.{product}.region_max_u = {region:g} U"
