"""What a nerve disease changes in the meaning of a threshold: the same words before, during and after a procedure.

Sciatic threshold 1.2 +- 0.7 mA in diabetic neuropathy against 0.4 +- 0.1 mA, and none at 3 mA in some (PMID 33239897).
"""

from __future__ import annotations

import re

from guidance.note.field_forms import is_left_out

_NONE = re.compile(
    r"(-|no|none|nil|negative|not known|none known|no known disease"
    r"|no (known )?(diabetes|neuropathy|nerve disease)( (or|and|nor) (diabetes|neuropathy|nerve disease))?)[.]?",
    re.IGNORECASE,
)


def stated_disease(answer: str | None) -> str | None:
    """Return the nerve disease that the case sheet's ``answer`` states; None if it states none, or was left out."""
    text = (answer or "").strip()
    return None if not text or is_left_out(text) or _NONE.fullmatch(text) else text


def before(disease: str, target_ma: float, lower_bound_ma: float) -> str:
    """Return the caution before and during the search."""
    return (
        f"Nerve disease ({disease}): {target_ma:g} mA may be out of reach, and no response at {lower_bound_ma:g} mA "
        "means less. Consider a wider pulse and ultrasound."
    )


def after(disease: str) -> str:
    """Return what the note adds to a current without a response."""
    return (
        f"Nerve disease ({disease}): thresholds are higher, so that no response at a low current does not show that "
        "the needle was outside the nerve."
    )
