from __future__ import annotations

import json

import pytest

from guidance.trial.result import Insertion, TooClose
from guidance.trial.table import SIMULATION, tabulate
from guidance.trial.text import lines
from tests.guidance.trial.insertions import insertion, moment


def test_the_order_in_which_insertions_came_in_does_not_matter() -> None:
    every = [insertion(world, moments=[moment(0.01 * world)], refused={f"why {world}": 1}) for world in range(9)]
    assert tabulate(every) == tabulate(every[::-1])


def test_speeds_and_zones_are_distinguished() -> None:
    moments = [moment(0.1, speed_mm_s=0.0, zone="close"), moment(0.3, speed_mm_s=2.0), moment(0.5, speed_mm_s=2.0)]
    table = tabulate([insertion(0, moments=moments)])
    medians = {row["speed_mm_s"]: row["next_error_median"] for row in table["by_speed"]}
    assert medians == {0.0: 0.2, 0.5: None, 1.0: None, 2.0: pytest.approx(0.8)}
    assert {row["zone"]: row["moments"] for row in table["by_zone"]} == {
        "none": 0, "far": 2, "approach": 0, "target": 0, "close": 1,
    }  # fmt: skip


def test_front_ends_are_distinguished() -> None:
    behind = insertion(1, front="soft", far_named=2, undecided={"burst": 5, "overload": 10})
    table = tabulate([insertion(0), behind])
    plain, soft = table["by_front"]
    assert (plain["front"], plain["undecided"]) == (None, 0.0)
    assert (soft["front"], soft["far_named"], soft["undecided"]) == ("soft", 2, 0.3)
    (line,) = [line for line in lines(table) if line.startswith("soft")]
    assert "far named near 2, cannot tell 30.0 % (overload 10, burst 5)" in line


def test_coverage_counts_only_reported_estimates() -> None:
    moments = [
        moment(distance_held=None),
        moment(distance_held=False),
        moment(distance_held=True, threshold_held=False),
    ]
    (row,) = [row for row in tabulate([insertion(0, moments=moments)])["by_speed"] if row["moments"]]
    assert (row["threshold_covered"], row["distance_covered"]) == (pytest.approx(2 / 3, abs=1e-4), 0.5)


def test_too_close_is_counted_for_a_hundred_insertions() -> None:
    alarms = TooClose(delays_s=[0.4, 0.8], delays_pulses=[1, 2], missed=1, false=2, far_false=1)
    row = tabulate([insertion(0, too_close=alarms), insertion(1, too_close=TooClose())])["too_close"]
    assert (row["passages"], row["delay_s_median"], row["delay_stimuli_median"]) == (3, pytest.approx(0.6), 1.5)
    assert (row["missed_per_100"], row["false_per_100"], row["far_false_per_100"]) == (50.0, 100.0, 50.0)


@pytest.mark.parametrize(
    ("colds", "median", "share"),
    [([3, 5, 7], 5, 1.0), ([3, 5, None], 5, 0.6667), ([3, None, None], None, 0.3333), ([], None, None)],
)
def test_a_search_that_did_not_end_counts_as_longer_than_any(
    colds: list[int | None], median: int | None, share: float | None
) -> None:
    every = [insertion(world, cold=cold) for world, cold in enumerate(colds)]
    row = tabulate([*every, insertion(99, cold=None, reachable=False)])["cold_start"]
    assert (row["searches"], row["stimuli_median"], row["within_10_percent"]) == (len(colds), median, share)


def test_refusals_are_listed_with_the_most_frequent_reasons() -> None:
    every = [insertion(0, refused={"a": 1, "b": 3}), insertion(1, refused={"a": 1})]
    row = tabulate(every)["refused"]
    assert (row["commands"], row["per_100"], list(row["reasons"])) == (5, 250.0, ["b", "a"])


@pytest.mark.parametrize("every", [[insertion(0)], [insertion(0, moments=[], stimuli=0, reachable=False)]])
def test_the_text_begins_with_the_simulation_notice_and_shows_unknown_figures(every: list[Insertion]) -> None:
    table = tabulate(every)
    text = list(lines(table))
    assert text[0] == SIMULATION
    assert len({len(line) for line in text if line.startswith(("still", "0.5 mm/s", "close", "target"))}) == 1
    assert "None" not in "\n".join(text)
    assert json.loads(json.dumps(table, allow_nan=False))["simulation"] is True


def test_the_impedance_is_shown_beside_how_often_it_misleads() -> None:
    every = [
        insertion(0, entered=True, rise_inside=True),
        insertion(1, entered=True, rise_outside=True),
        insertion(2),
        insertion(3, rise_outside=True),
    ]
    assert tabulate(every)["impedance_rise"] == {"entered": 2, "told": 0.5, "false": 0.5}
