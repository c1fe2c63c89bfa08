"""A page about a visit for the patient to take home: plain Markdown, without names and without medical claims."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from guidance.common.errors import UsageError
from guidance.common.text import digits, one_line
from guidance.journal.home_programme import HomeAdvice, home_programme
from guidance.journal.visits import Visit, earlier_visits, read_label, read_visit

_TITLES = {
    "relax": "letting a muscle go",
    "contract-hold": "tensing a muscle and holding it",
    "work-rest": "tensing a muscle and letting it go",
    "antagonist-quiet": "tensing one muscle while the other stays quiet",
    "discriminate": "distinguishing levels of effort",
}
_MEANS = {
    "relax": "A trial counts as reached when the muscle stayed below the line for at least 80 % of the time.",
    "contract-hold": "A trial counts as reached when the muscle was held above the line for 80 % of the goal.",
    "work-rest": "A trial counts as reached when the muscle was above the line while it worked, and quiet while it "
    "rested, for at least 80 % of the time.",
    "antagonist-quiet": "A trial counts as reached when the first muscle was above its line and the second below its "
    "own for at least 80 % of the time.",
    "discriminate": "A trial counts as reached when your effort was between the two lines for at least 80 % of the "
    "time.",
}
_BAR = 20
"""Characters of a bar for 100 %."""
_CLOSING = (
    "The numbers come from electrodes on the skin. They change with where the electrodes lie, so small differences "
    "from one visit to the next mean little. This page describes what was done; it is no diagnosis. The program is "
    "research software, not a medical device."
)


def take_home(store: Path, folder: Path, advice: HomeAdvice = HomeAdvice()) -> str:  # noqa: B008 - frozen
    """Return the page of the visit in ``folder``, with earlier visits of its case in ``store``. Raises UsageError."""
    visit = read_visit(folder)
    if visit is None:
        raise UsageError(
            f"{folder.name} is not a recorded exercise, or its record is damaged, so there is no page about it."
        )
    label = read_label(folder)
    before = [each for each in earlier_visits(store, label, visit.exercise) if each.name < visit.name] if label else []
    return "\n".join(_lines(visit, before, advice)) + "\n"


def _lines(visit: Visit, before: list[Visit], advice: HomeAdvice) -> Iterator[str]:
    yield f"# Your exercise of {_day(visit)}"
    yield ""
    if visit.is_simulated:
        yield "**This was a simulated person, not you.**"
        yield ""
    hold_goal = f" The goal was to hold for {visit.hold_s:.0f} seconds." if visit.hold_s else ""
    yield f"You practised {_TITLES.get(visit.exercise, one_line(visit.exercise))}.{hold_goal}"
    yield ""
    yield from _today(visit)
    if before:
        yield from _progress([*before, visit])
    yield from home_programme(visit, advice)
    yield from ("", "## Good to know", "", _CLOSING)


def _today(visit: Visit) -> Iterator[str]:
    yield "## Today"
    yield ""
    if not visit.scores:
        why = f" The reason: {one_line(visit.why)}." if visit.why else ""
        yield f"No trial was finished.{why}"
        return
    yield f"You reached **{visit.reached} of {len(visit.scores)}** trials. {_MEANS.get(visit.exercise, '')}"
    yield ""
    yield "| Trial | How much of the goal | |"
    yield "| --- | --- | --- |"
    yield from (f"| {number} | {_score(score)} | {_bar(score)} |" for number, score in enumerate(visit.scores, 1))
    yield ""
    if visit.longest_held_s is not None:
        yield f"- The longest you held: {visit.longest_held_s:.1f} seconds."
    yield from _measured(visit)


def _measured(visit: Visit) -> Iterator[str]:
    if visit.rest_uv is not None and visit.largest_uv:
        share = 100 * visit.rest_uv / visit.largest_uv
        yield f"- At rest your muscle showed {share:.0f} % of the activity of your strongest effort."
    elif visit.rest_uv is not None:
        yield f"- At rest your muscle showed {digits(visit.rest_uv)} uV (millionths of a volt)."
    if visit.first_line_uv and visit.last_line_uv and visit.exercise != "discriminate":
        yield _line_moved(visit, visit.first_line_uv, visit.last_line_uv)
    if visit.relax_times_s:
        missed = visit.relax_times_s.count(None)
        often = f"; in {missed} of {len(visit.relax_times_s)} trials it did not" if missed else ""
        yield f"- Your muscle came to rest after {_seconds(visit.relax_s)}{often}."
    for by_feel, how in ((False, "with the bar"), (True, "by feel")):
        error = visit.level_error(by_feel=by_feel)
        if error is not None:
            yield f"- {how.capitalize()} you were {error:.0f} % of your strongest effort away from the goal."
    if visit.symptoms != (None, None):
        yield f"- Your symptom, 0 to 10: {_symptoms(visit)}."


def _line_moved(visit: Visit, first_uv: float, last_uv: float) -> str:
    if not visit.largest_uv:
        return f"- The line began at {digits(first_uv)} uV and ended at {digits(last_uv)} uV."
    first, last = (100 * line / visit.largest_uv for line in (first_uv, last_uv))
    return f"- The line began at {first:.0f} % of your strongest effort and ended at {last:.0f} %."


def _progress(visits: list[Visit]) -> Iterator[str]:
    yield from ("", "## From visit to visit", "", "| Visit | Trials reached | Mean | |", "| --- | --- | --- | --- |")
    for visit in visits:
        mean = visit.mean_score
        yield f"| {_day(visit)} | {visit.reached} of {len(visit.scores)} | {_score(mean)} | {_bar(mean)} |"
    yield from ("", "| Visit | At rest | Time to relax | Symptom before, after |", "| --- | --- | --- | --- |")
    for visit in visits:
        rest = "not known" if visit.rest_uv is None else f"{digits(visit.rest_uv)} uV"
        yield f"| {_day(visit)} | {rest} | {_seconds(visit.relax_s)} | {_symptoms(visit)} |"


def _seconds(value: float | None) -> str:
    return "not known" if value is None else f"{value:.1f} seconds"


def _symptoms(visit: Visit) -> str:
    before, after = ("not recorded" if score is None else str(score) for score in visit.symptoms)
    return f"{before} before, {after} after"


def _score(score: float | None) -> str:
    return "not known: the signal was missing" if score is None else f"{score:.0f} %"


def _bar(score: float | None) -> str:
    return "" if score is None else "█" * round(score / 100 * _BAR) + "░" * (_BAR - round(score / 100 * _BAR))


def _day(visit: Visit) -> str:
    return one_line(visit.wall_time)[:10]
