"""Answers offered by number for fields in words. They are a shorter way to type, never a default."""

from __future__ import annotations

READY = {
    "allergies": ("none known",),
    "nerve_disease": ("none", "diabetes"),
    "supervisor": ("not done: the performer is a specialist",),
    "consent": ("written", "oral"),
    "risks": ("none beyond the usual",),
    "evaluation": ("power and sensation normal",),
    "position": ("supine", "lateral", "prone", "sitting"),
    "premedication": ("none",),
    "sedation": ("awake", "responds to voice"),
    "skin_infiltration": ("none", "lidocaine 1 %"),
    "needle_tip": ("short bevel", "facet", "Tuohy"),
    "minimum_current": ("not assessed: guided by other means",),
    "no_response_below": ("not assessed: guided by other means",),
    "epinephrine": ("none", "5 µg/mL"),
    "adjunct": ("none",),
    "aspiration": ("before each aliquot, no blood",),
    "resistance": ("low", "high"),
    "pain": ("none", "pain", "paraesthesia"),
    "twitch_loss": ("abolished", "not abolished", "not assessed: no twitch before"),
    "complications": ("none",),
    "disposition": ("recovery room", "home with written advice"),
}
"""Texts by field, in the order of their numbers. None of them is entered unless it is chosen."""
ONE_KEY = frozenset({
    "allergies", "nerve_disease", "consent", "risks", "evaluation", "position", "sedation", "needle_tip",
    "minimum_current", "no_response_below", "resistance", "pain", "twitch_loss", "complications", "disposition",
})  # fmt: skip
"""Fields answered in words, so that a number alone chooses; an answer to the others may begin with a number."""
