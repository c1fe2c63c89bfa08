"""Earlier visits of the same case, from their records. The case label is never in the event stream."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from guidance.common.errors import UsageError, UserError
from guidance.contracts.origin import origin_of
from guidance.journal.event_reader import read_events
from guidance.journal.files import open_plain, replace_private
from guidance.journal.store import procedures

LABEL_NAME = "case-label"
_LABEL = re.compile(r"\w[\w.-]{0,59}")
"""A label also names a folder and follows options: it begins with a letter, digit or underscore."""
_MAX_BYTES = 400
"""Larger than any label: 60 characters of at most 4 bytes."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: scores of its trials in percent (None if not known), rest and largest effort of its first muscle.

    ``relax_times_s`` has the time to relax of each trial, None where the muscle did not relax, and is empty in a record
    that has none; ``level_errors`` has the held less the requested effort in percent of the largest, and whether the
    bar was hidden; ``symptoms`` are the scores before and after.
    """

    name: str
    wall_time: str
    exercise: str
    scores: tuple[float | None, ...]
    reached: int
    rest_uv: float | None
    largest_uv: float | None
    first_line_uv: float | None
    last_line_uv: float | None
    longest_held_s: float | None
    hold_s: float | None = None
    is_simulated: bool = False
    why: str | None = None
    relax_times_s: tuple[float | None, ...] = ()
    level_errors: tuple[tuple[float, bool], ...] = ()
    symptoms: tuple[int | None, int | None] = (None, None)
    trials: int | None = None
    work_s: float | None = None
    pause_s: float | None = None

    @property
    def relax_s(self) -> float | None:
        """Median time to relax in s over the trials in which the muscle relaxed; None without one."""
        known = [each for each in self.relax_times_s if each is not None]
        return median(known) if known else None

    def level_error(self, *, by_feel: bool) -> float | None:
        """Return the mean distance from the level in percent of the largest effort, with the bar or ``by_feel``."""
        errors = [abs(error) for error, hidden in self.level_errors if hidden is by_feel]
        return sum(errors) / len(errors) if errors else None

    @property
    def mean_score(self) -> float | None:
        """Mean of the known scores in percent; None if none is known."""
        known = [score for score in self.scores if score is not None]
        return sum(known) / len(known) if known else None


def checked_label(label: str) -> str:
    """Return ``label`` if it may be used. Raises UsageError."""
    if not _LABEL.fullmatch(label):
        raise UsageError(
            f"{label!r} is not a case label: use 60 letters, digits, points, hyphens and underscores at most, "
            "the first one no point or hyphen."
        )
    return label


def write_label(folder: Path, label: str) -> None:
    """Write the case label of the visit to ``folder``, readable for this user alone. Raises OSError."""
    replace_private(folder / LABEL_NAME, label.encode())


def keep_label(folder: Path, label: str | None) -> None:
    """Write the case ``label``, if there is one, to ``folder``. Raises UserError."""
    try:
        if label is not None:
            write_label(folder, label)
    except OSError as fault:
        raise UserError(f"The case label cannot be saved in {folder} ({fault.strerror}); make room.") from None


def read_label(folder: Path) -> str | None:
    """Return the case label of the visit in ``folder``, None if it has none."""
    try:
        with open_plain(folder / LABEL_NAME) as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace").strip() or None
    except OSError:
        return None


def read_visit(folder: Path) -> Visit | None:
    """Read the visit in ``folder``; None if it is not an exercise or cannot be read."""
    try:
        events = read_events(folder)
        return _visit(folder.name, events)
    except (UserError, AttributeError, KeyError, TypeError, ValueError, IndexError):
        return None


def earlier_visits(store: Path, label: str, exercise: str) -> list[Visit]:
    """Return the visits in ``store`` of the case ``label`` with the same ``exercise``, the oldest first."""
    folders: list[Path] = []
    with contextlib.suppress(UserError):
        folders = folders_of_case(store, label)
    visits = (read_visit(folder) for folder in folders)
    return [visit for visit in visits if visit is not None and visit.exercise == exercise]


def folders_of_case(store: Path, label: str) -> list[Path]:
    """Return the folders of the procedures in ``store`` with the case ``label``, the oldest first. Raises UserError."""
    return [folder for folder in procedures(store) if read_label(folder) == label]


def _visit(name: str, events: list[dict[str, Any]]) -> Visit | None:
    start = events[0]
    training = (start.get("settings") or {}).get("training")
    if start["kind"] != "start" or training is None:
        return None
    trials = [event for event in events if event["kind"] == "trial"]
    muscle = next((event for event in events if event["kind"] == "calibration"), {})
    holds_s = [_number(trial["held_s"]) for trial in trials]
    return Visit(
        name=name,
        wall_time=str(start["wall_time"]),
        exercise=str(training["exercise"]),
        scores=tuple(_number(trial["score_percent"]) for trial in trials),
        reached=sum(trial["reached"] is True for trial in trials),
        rest_uv=_number(muscle.get("rest_mean_uv")),
        largest_uv=_number(muscle.get("largest_uv")),
        first_line_uv=_number(muscle.get("line_uv")),
        last_line_uv=_number(trials[-1]["next_line_uv"]) if trials else None,
        longest_held_s=max((each for each in holds_s if each is not None), default=None),
        hold_s=_number(training["hold_s"]) if training["exercise"] == "contract-hold" else None,
        is_simulated=origin_of(start).simulated is True,
        why=None if muscle.get("why") is None else str(muscle["why"]),
        relax_times_s=tuple(_number(trial["relax_s"]) for trial in trials if "relax_s" in trial),
        level_errors=tuple(_level_errors(trials)),
        symptoms=(_symptom(events, "before"), _symptom(events, "after")),
        trials=int(_known(training["trials"])),
        work_s=_known(training["work_s"]),
        pause_s=_known(training["pause_s"]),
    )


def _level_errors(trials: list[dict[str, Any]]) -> Iterator[tuple[float, bool]]:
    for trial in trials:
        goal, level = _number(trial.get("goal_percent")), _number(trial.get("level_percent"))
        if goal is not None and level is not None:
            yield level - goal, trial.get("by_feel") is True


def _symptom(events: list[dict[str, Any]], when: str) -> int | None:
    """Return the last symptom score entered for ``when``; None without one. Raises TypeError."""
    scores = [
        _number(event["fields"]["score"])
        for event in events
        if event["kind"] == "entry" and event["what"] == "symptom" and event["fields"]["when"] == when
    ]
    return None if not scores or scores[-1] is None else int(scores[-1])


def _known(value: object) -> float:
    number = _number(value)
    if number is None:
        raise TypeError("a number is missing")
    return number


def _number(value: object) -> float | None:
    """Return ``value``, a number or None. Raises TypeError for anything else."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise TypeError(f"{value!r} is not a number")
    return value
