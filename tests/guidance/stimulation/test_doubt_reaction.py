"""After a sweep that cannot tell the controller acts on the reason, and does not stay."""

from __future__ import annotations

import pytest

from guidance.signal.response.sweep_result import Doubt
from guidance.stimulation.doubt_reaction import reaction_to


@pytest.mark.parametrize("doubt", [Doubt.OVERLOAD, Doubt.BLANKING, Doubt.ARTEFACT])
def test_what_the_amplifier_did_is_tried_once_more_and_then_with_less_current(doubt: Doubt) -> None:
    first, second = reaction_to(doubt, 1), reaction_to(doubt, 2)
    assert (first.factor, first.doing.partition(":")[0]) == (1.0, "repeating the pulse")
    assert second.factor < 1.0
    assert second.doing.startswith("lowering the current: the a")


@pytest.mark.parametrize("doubt", [Doubt.BURST, Doubt.NOISE])
def test_a_muscle_that_is_active_is_waited_for(doubt: Doubt) -> None:
    for in_a_row in (1, 2, 3):
        reaction = reaction_to(doubt, in_a_row)
        assert reaction.slows
        assert reaction.factor == 1.0


def test_without_contrast_the_current_is_lowered_at_once() -> None:
    assert reaction_to(Doubt.CONTRAST, 1).factor < 0.8


@pytest.mark.parametrize("doubt", [None, "samples", "not a reason"])
def test_any_other_reason_repeats_the_pulse(doubt: str | None) -> None:
    assert reaction_to(doubt, 2).factor == 1.0


def test_what_is_done_is_named_for_each_reason() -> None:
    assert len({reaction_to(doubt, 1).doing for doubt in Doubt}) == len(Doubt)
