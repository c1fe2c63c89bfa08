"""What a response may be by its latency: named, never called right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guidance.protocol import MuscleWindow, Protocol, load
from guidance.signal.response.latency import ResponseKind, classify_latency

CALF = MuscleWindow("gastrocnemius", (5.0, 7.0), (28.0, 35.0))
FOOT = MuscleWindow("foot", (10.0, 14.0), None)
OPEN = MuscleWindow("toe flexors", None, None)


def protocol(*muscles: MuscleWindow) -> Protocol:
    return replace(load("generic-block"), muscles=muscles, direct_before_ms=1.5)


@pytest.mark.parametrize(
    ("latency_ms", "kind", "words"),
    [
        (1.4, ResponseKind.DIRECT, "artefact or the muscle stimulated directly"),
        (1.5, ResponseKind.DIRECT, "early"),
        (
            4.9,
            ResponseKind.DIRECT,
            "early: may be muscle stimulated directly or another nerve's muscle (gastrocnemius 5-7, foot 10-14 ms)",
        ),
        (5.0, ResponseKind.EXPECTED, "fits gastrocnemius"),
        (7.0, ResponseKind.EXPECTED, "fits gastrocnemius"),
        (8.5, ResponseKind.OTHER, "between"),
        (12.0, ResponseKind.EXPECTED, "fits foot"),
        (14.1, ResponseKind.OTHER, "late"),
        (28.0, ResponseKind.REFLEX, "reflex (H) of gastrocnemius"),
        (36.0, ResponseKind.OTHER, "another nerve's muscle or a reflex"),
    ],
)
def test_a_latency_is_named_as_what_it_may_be(latency_ms: float, kind: ResponseKind, words: str) -> None:
    judgement = classify_latency(latency_ms, protocol(CALF, FOOT))
    assert judgement is not None
    assert judgement.kind is kind
    assert words in judgement.text
    assert judgement.text.startswith(f"{latency_ms:.1f} ms")


def test_no_response_is_not_judged() -> None:
    assert classify_latency(None, protocol(CALF)) is None


def test_without_a_known_window_only_a_direct_response_is_named() -> None:
    assert classify_latency(12.0, protocol(OPEN)) is None
    assert classify_latency(12.0, protocol()) is None
    direct = classify_latency(1.0, protocol())
    assert direct is not None
    assert direct.kind is ResponseKind.DIRECT


def test_a_reflex_is_named_where_the_muscles_m_wave_is_not_known() -> None:
    judgement = classify_latency(16.0, protocol(MuscleWindow("flexor carpi radialis", None, (13.3, 18.4))))
    assert judgement is not None
    assert judgement.kind is ResponseKind.REFLEX


def test_a_sought_muscle_of_unknown_latency_stays_among_what_it_may_be() -> None:
    judgement = classify_latency(9.0, protocol(CALF, OPEN))
    assert judgement is not None
    assert "toe flexors (no latency known)" in judgement.text


def test_where_no_bound_is_given_nothing_is_called_direct() -> None:
    assert classify_latency(0.5, replace(protocol(), direct_before_ms=None)) is None


@pytest.mark.hazard("wrong-muscle")
def test_a_window_wins_over_the_reflex_of_another_muscle() -> None:
    both = protocol(MuscleWindow("foot", (27.0, 30.0), None), CALF)
    judgement = classify_latency(28.5, both)
    assert judgement is not None
    assert judgement.kind is ResponseKind.EXPECTED
