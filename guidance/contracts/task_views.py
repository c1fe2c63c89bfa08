"""Parts of a Snapshot on what the operator does beside the needle: stop moment, dose, toxin units, an exercise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StopItemView:
    """One item of the stop moment: its ``question``, its ``choices`` as (value, words, what is asked further), and the
    ``answer`` in words, None until there is one. ``advice`` is what a guideline gives for the answer.
    """

    key: str
    question: str
    choices: tuple[tuple[str, str, str], ...]
    is_required: bool
    answer: str | None = None
    detail: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class StopMomentView:
    """The stop moment: its items in order, whether it is complete, and why the last answer was refused."""

    items: tuple[StopItemView, ...]
    is_complete: bool
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class DoseView:
    """The dose so far: the solution, its volume given here in mL, mg of each drug with what was given before.

    ``fraction`` of the limit is None without a weight or a solution; ``at_least`` is then what is known of it.
    ``level`` is empty, ``warning`` (80 %), ``limit`` (100 %) or ``over``. ``first_dose_t`` (the block's begin),
    ``last_dose_t`` and ``aspirated_t`` are device times in s, None before the first.
    ``next_step`` is what to do next, in words, and ``aspirate_in_ml`` after how many mL aspiration is due, 0 for now.
    ``held_ml`` is an aliquot that waits for a reason. ``blood``: it came with the last aspiration. ``most_ml`` is the
    upper end of the protocol's volume, None without one.
    """

    solution: str
    volume_ml: float
    total_mg: tuple[tuple[str, float], ...]
    fraction: float | None
    at_least: float | None
    level: str
    left_ml: float | None
    last_dose_t: float | None
    aspirate_in_ml: float
    next_step: str
    held_ml: float | None = None
    blood: bool = False
    most_ml: float | None = None
    first_dose_t: float | None = None
    aspirated_t: float | None = None


@dataclass(frozen=True, slots=True)
class ToxinView:
    """The units of a toxin session: by muscle as (name, units, the muscle's limit or None), and in all.

    ``fraction`` of the session's limit is None where the drug table has none for the ``indication``. ``next_step`` is
    why the last entry was refused; ``held`` is the text of one that waits for a reason.
    """

    product: str
    indication: str
    muscles: tuple[tuple[str, float, float | None], ...]
    total_units: float
    most_units: float | None
    fraction: float | None
    next_step: str = ""
    held: str = ""


@dataclass(frozen=True, slots=True)
class MuscleView:
    """A muscle in an exercise: its envelope now, the limit of its rest, its largest effort and its line, in uV; None
    where not known, and ``why``. ``upper_uv`` is the upper line of a level to hold.
    """

    name: str
    envelope_uv: float | None
    rest_uv: float | None
    largest_uv: float | None
    line_uv: float | None
    why: str | None = None
    upper_uv: float | None = None


@dataclass(frozen=True, slots=True)
class ExerciseView:
    """An exercise: the ``phase``, the ``prompt`` in large letters, what to ``do`` as a sentence, seconds left of it.

    ``scores`` are the shares of the trials done, None where not known; ``wants_above``: the first muscle is to be above
    its line; ``scoring``: this moment counts; ``hidden``: the bar is not shown, the patient judges by feel.
    """

    exercise: str
    phase: str
    prompt: str
    do: str
    hint: str
    left_s: float | None
    seconds: float
    trial: int | None
    trials: int
    scores: tuple[float | None, ...]
    muscles: tuple[MuscleView, ...]
    wants_above: bool
    scoring: bool
    hidden: bool = False
