"""What is entered after a block: tests, observations and follow-up, as dated addenda to the signed note.

The times are those of the clinical review: block tests at 10, 20 and 30 minutes, follow-up at 24 to 48 hours and at
7 to 10 days.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from guidance.common.errors import UsageError
from guidance.journal.encryption import EncryptionKey
from guidance.note.field_forms import ChoiceField
from guidance.note.fields import Field
from guidance.note.signing import Signature, add_addendum

FOLLOW_UP_FIELDS = (
    Field("block_10min", "Block at 10 min, sensory and motor", "outcome"),
    Field("block_20min", "Block at 20 min, sensory and motor", "outcome"),
    Field("block_30min", "Block at 30 min, sensory and motor", "outcome"),
    Field("success", "Success of the block", "outcome", ChoiceField(("complete", "partial", "failed"))),
    Field("observations", "Observations", "outcome"),
    Field("complications", "Complications and adverse events", "outcome"),
    Field("disposition", "Disposition and advice", "outcome"),
    Field("follow_up_24h", "Follow-up at 24 to 48 h", "outcome"),
    Field("follow_up_7d", "Follow-up at 7 to 10 days", "outcome"),
)
"""The fields of a follow-up, in their order; each takes "not done: why" or "not assessed: why" as well."""
_BY_KEY = {item.key: item for item in FOLLOW_UP_FIELDS}


def read_follow_up(entries: Sequence[str]) -> dict[str, str]:
    """Read entries KEY=ANSWER in the order of the fields. Raises UsageError for an unknown key, or one given twice."""
    answers: dict[str, str] = {}
    for entry in entries:
        key, sign, text = entry.partition("=")
        if not sign or key not in _BY_KEY:
            near = difflib.get_close_matches(key, _BY_KEY, 1)
            hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(_BY_KEY)}."
            raise UsageError(f"--set {entry}: {key!r} is not a key of a follow-up; {hint}")
        if key in answers:
            raise UsageError(f"--set {entry}: {key} is given twice; enter a second follow-up for a later value.")
        answers[key] = read_follow_up_answer(key, text)
    return {key: answers[key] for key in _BY_KEY if key in answers}


def read_follow_up_answer(key: str, text: str) -> str:
    """Return the answer ``text`` to ``key`` in its standard form. Raises UsageError."""
    try:
        return _BY_KEY[key].form.read(text)
    except ValueError as fault:
        raise UsageError(f"{key} {fault}.") from None


def add_follow_up(
    folder: Path, answers: Mapping[str, str], by: str, key: EncryptionKey | None, now: datetime
) -> Signature:
    """Add ``answers`` to the signed note in ``folder``, dated ``now``.

    Raises UsageError if nothing was entered or the note is not signed, UserError.
    """
    if not answers:
        raise UsageError("A follow-up needs an entry, such as --set 'block_20min=no cold sensation, power 2/5'.")
    text = "; ".join(f"{_BY_KEY[name].label}: {answer}" for name, answer in answers.items())
    return add_addendum(folder, f"Follow-up. {text}", by, key, now, follow_up=answers)
