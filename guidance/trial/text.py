"""The table of a trial as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from guidance.trial.table import SIMULATION

_HEAD = ("", "moments", "error now", "at next stimulus", "p90", "in 90 %: threshold", "distance")
_WIDTHS = (12, 9, 11, 18, 9, 20, 10)


def lines(table: dict[str, Any]) -> Iterator[str]:
    """Format the ``table`` of ``tabulate`` as lines."""
    yield SIMULATION
    share = _percent(table["estimate_told"])
    yield (
        f"{table['insertions']} insertions, {table['hours']:g} h of them, {table['stimuli']} stimuli; {share} of them "
        "were followed by a valid estimate."
    )
    yield ""
    yield "Estimated threshold (at 0.1 ms) against the truth, and how often the 90 % intervals contained the truth"
    yield _columns(_HEAD)
    for row in table["by_speed"]:
        yield _columns((f"{row['speed_mm_s']:g} mm/s" if row["speed_mm_s"] else "still", *_cells(row)))
    for row in table["by_zone"]:
        yield _columns((row["zone"], *_cells(row)))
    yield ""
    yield from _too_close(table["too_close"])
    yield from _cold(table["cold_start"])
    yield from _impedance(table["impedance_rise"])
    yield from _refused(table["refused"])
    yield ""
    yield "By front end: far named near is target or close at more than three times where that zone begins"
    yield from (_front(row) for row in table["by_front"])


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    shares = ("error_median", "next_error_median", "next_error_p90", "threshold_covered", "distance_covered")
    return (str(row["moments"]), *(_percent(row[key]) for key in shares))


def _too_close(row: dict[str, Any]) -> Iterator[str]:
    yield (
        f"too-close: {row['passages']} true passages below the lower bound; from each to the alarm "
        f"{_number(row['delay_s_median'])} s (p90 {_number(row['delay_s_p90'])} s), "
        f"{_number(row['delay_stimuli_median'])} stimuli (median)"
    )
    yield (
        f"  per 100 insertions: {_number(row['missed_per_100'])} missed, {_number(row['false_per_100'])} false "
        f"({_number(row['far_false_per_100'])} of these at 1.25 times the bound or above)"
    )


def _cold(row: dict[str, Any]) -> Iterator[str]:
    yield (
        f"cold start, needle still: threshold within 10 % after {_number(row['stimuli_median'])} stimuli (median; p90 "
        f"{_number(row['stimuli_p90'])}), in {_percent(row['within_10_percent'])} of {row['searches']} searches"
    )


def _impedance(row: dict[str, Any]) -> Iterator[str]:
    yield (
        f"impedance-rise: in {_percent(row['told'])} of the {row['entered']} insertions that entered the nerve; false "
        f"(before or without entering) in {_percent(row['false'])} of all"
    )


def _refused(row: dict[str, Any]) -> Iterator[str]:
    yield f"refused commands: {row['commands']} ({_number(row['per_100'])} per 100 insertions)"
    for why, count in row["reasons"].items():
        yield f"  {count} x {why}"


def _front(row: dict[str, Any]) -> str:
    reasons = ", ".join(f"{word} {count}" for word, count in row["reasons"].items())
    return (
        f"{row['front'] or 'usual':15}{row['insertions']:>5} insertions, {row['stimuli']} stimuli, valid "
        f"{_percent(row['valid'])}, far named near {row['far_named']}, cannot tell {_percent(row['undecided'])}"
        f"{f' ({reasons})' if reasons else ''}"
    )


def _columns(cells: Sequence[str]) -> str:
    first, *rest = (cell.rjust(width) for cell, width in zip(cells, _WIDTHS, strict=True))
    return " ".join([cells[0].ljust(len(first)), *rest])


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
