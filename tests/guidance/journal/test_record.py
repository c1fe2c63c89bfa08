"""The words of a record's troubles."""

from __future__ import annotations

import pytest

from guidance.journal.record import low_space_words


@pytest.mark.parametrize(
    ("minutes", "left"),
    [
        (0.0, "less than a minute"),
        (0.99, "less than a minute"),
        (1.0, "a minute"),
        (1.9, "a minute"),
        (9.7, "9 minutes"),
    ],
)
def test_the_time_to_a_full_disk_is_rounded_down_and_in_plain_words(minutes: float, left: str) -> None:
    assert low_space_words(minutes) == f"The disk will be full in {left} at this rate; make room."
