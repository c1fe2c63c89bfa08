"""The latency of a response: whether it fits the target muscle, and what else the response may be. Pure functions.

A latency alone proves little: a response within the target muscle's window may still come from another muscle. So this
module never calls a response right. It names what a response outside the window may be, so that the operator looks at
the limb.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guidance.protocol import MuscleWindow, Protocol

Span = tuple[float, float]


class ResponseKind(StrEnum):
    """What a response may be, by its latency."""

    EXPECTED = "expected"
    DIRECT = "direct-muscle"
    REFLEX = "reflex"
    OTHER = "other-nerve"


@dataclass(frozen=True, slots=True)
class LatencyClass:
    """The kind that a response may be, with a text of one line."""

    kind: ResponseKind
    text: str


def classify_latency(latency_ms: float | None, protocol: Protocol) -> LatencyClass | None:
    """Name what a response of this onset latency (ms after the pulse, None without one) may be under ``protocol``.

    Return None without a response, and where no source gives the target muscles' latencies. Both ends of a window
    belong to it.
    """
    if latency_ms is None:
        return None
    direct_ms = protocol.direct_before_ms
    if direct_ms is not None and latency_ms < direct_ms:
        return LatencyClass(
            ResponseKind.DIRECT,
            f"{latency_ms:.1f} ms is before any nerve's: artefact or the muscle stimulated directly",
        )
    expected = [(muscle.muscle, muscle.m_ms) for muscle in protocol.muscles if muscle.m_ms is not None]
    within = [name for name, span in expected if _holds(span, latency_ms)]
    if within:
        return LatencyClass(ResponseKind.EXPECTED, f"{latency_ms:.1f} ms fits {' or '.join(within)}")
    return _reflex(latency_ms, protocol.muscles) or _outside(latency_ms, expected, protocol)


def _reflex(latency_ms: float, muscles: tuple[MuscleWindow, ...]) -> LatencyClass | None:
    names = [muscle.muscle for muscle in muscles if muscle.h_ms is not None and _holds(muscle.h_ms, latency_ms)]
    if not names:
        return None
    return LatencyClass(ResponseKind.REFLEX, f"{latency_ms:.1f} ms may be a reflex (H) of {' or '.join(names)}")


def _outside(latency_ms: float, expected: list[tuple[str, Span]], protocol: Protocol) -> LatencyClass | None:
    """Name what a latency outside all windows may be; None where no window is known."""
    if not expected:
        return None
    windows = ", ".join(f"{name} {span[0]:g}-{span[1]:g}" for name, span in expected)
    open_ = [muscle.muscle for muscle in protocol.muscles if muscle.m_ms is None]
    if latency_ms < min(span[0] for _, span in expected):
        kind, when, others = ResponseKind.DIRECT, "early", ["muscle stimulated directly", "another nerve's muscle"]
    elif latency_ms > max(span[1] for _, span in expected):
        kind, when, others = ResponseKind.OTHER, "late", ["another nerve's muscle", "a reflex"]
    else:
        kind, when, others = ResponseKind.OTHER, "between", ["another nerve's muscle"]
    may_be = " or ".join([*others, *(f"{name} (no latency known)" for name in open_)])
    return LatencyClass(kind, f"{latency_ms:.1f} ms is {when}: may be {may_be} ({windows} ms)")


def _holds(span: Span, latency_ms: float) -> bool:
    return span[0] <= latency_ms <= span[1]
