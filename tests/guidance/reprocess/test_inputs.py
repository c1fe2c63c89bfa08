"""Inputs of a re-run: in the order of their samples, and never past the next one."""

from __future__ import annotations

import pytest

from guidance.common.errors import UserError
from guidance.contracts.commands import OperatorNote
from guidance.protocol import ProtocolError
from guidance.reprocess.inputs import InputQueue, unfit_record_errors

FIRST, SECOND, LATER = OperatorNote("redirect"), OperatorNote("contact"), OperatorNote("injection")


def test_inputs_are_due_at_their_sample_in_the_order_given() -> None:
    queue = InputQueue([(500, LATER), (20, FIRST), (20, SECOND)], 1000.0)
    assert list(queue.due(19)) == []
    assert list(queue.due(20)) == [FIRST, SECOND]
    assert list(queue.due(1000)) == [LATER]


def test_a_block_ends_at_the_next_input() -> None:
    queue = InputQueue([(30, FIRST), (500, LATER)], 1000.0)
    assert queue.samples_until_next(0) == 30
    list(queue.due(30))
    assert queue.samples_until_next(30) == 100
    assert queue.samples_until_next(450) == 50
    list(queue.due(500))
    assert queue.samples_until_next(500) == 100


def test_a_block_has_at_least_one_sample() -> None:
    queue = InputQueue([(5, FIRST)], 4.0)
    assert queue.samples_until_next(5) == 1
    assert InputQueue([], 4.0).samples_until_next(0) == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (KeyError("device"), "The record of p lacks what a replay needs (KeyError: 'device')."),
        (ProtocolError("No protocol x."), "The exercise p cannot be replayed: No protocol x."),
    ],
)
def test_an_unfit_record_is_one_sentence(fault: Exception, message: str) -> None:
    with pytest.raises(UserError) as raised, unfit_record_errors("exercise", "p"):
        raise fault
    assert str(raised.value) == message
