"""Agreement of today's code with what was decided then: a recorded procedure is run again and compared."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from drivers.base import DeviceError
from guidance.common.errors import UserError
from guidance.journal.event_reader import read_events
from guidance.reprocess.differences import ComparisonRow, compare
from guidance.reprocess.procedure import reprocess_procedure
from guidance.reprocess.training import compare_exercise, is_exercise, reprocess_exercise

_DECISIONS = {"detected", "zone", "alarms", "calibration", "trial", "cues"}
"""Rows of the comparison that are decisions; amplitudes are measurements, and pulses are those on record."""


def agreement(folder: Path) -> float | None:
    """Return the share of decisions on the procedure in ``folder`` that today's code takes as recorded, 0 to 1.

    None where the record cannot be run again, such as one without a signal, or holds no decision.
    """
    try:
        then = read_events(folder)
        if is_exercise(then):
            return share_as_recorded(compare_exercise(reprocess_exercise(folder, then)))
        return share_as_recorded(compare(reprocess_procedure(folder)))
    except (UserError, DeviceError):
        return None


def share_as_recorded(rows: Sequence[ComparisonRow]) -> float | None:
    """Return the share of decisions in ``rows`` without a difference; None without any decision."""
    decisions = [row for row in rows if row.what in _DECISIONS]
    number = sum(max(row.recorded, row.today, len(row.differences)) for row in decisions)
    differing = sum(len(row.differences) for row in decisions)
    return max(1.0 - differing / number, 0.0) if number else None


def agreements(folders: Sequence[Path], jobs: int) -> list[float | None]:
    """Return the ``agreement`` of each of ``folders``, on ``jobs`` processes of this machine."""
    if jobs == 1 or len(folders) < 2:
        return [agreement(folder) for folder in folders]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return list(pool.map(agreement, folders))
