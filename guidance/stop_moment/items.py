"""The items of the stop moment, and the answers that each allows.

The list is the one of a clinical review of this program: identity, side, consent, allergy, anticoagulant, implants,
neurological baseline, other local anaesthetic, monitoring, access and lipid.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from guidance.protocol.sheet import BleedingDepth

NOT_DONE = "not done"
"""The answer to an item that was not done; it needs a reason."""
ALWAYS_REQUIRED = ("patient", "side")
"""Items that no site may leave out."""


@dataclass(frozen=True, slots=True)
class StopChoice:
    """An answer: its ``value`` in the record, its ``words`` on the screen, and the ``ask`` for a text, if one is
    needed.
    """

    value: str
    words: str
    ask: str = ""


@dataclass(frozen=True, slots=True)
class StopItem:
    """One item; ``after`` names the answers to other items (item, values) without which it is not asked."""

    key: str
    question: str
    choices: tuple[StopChoice, ...]
    after: tuple[str, frozenset[str]] | None = None


DRUGS = frozenset({"lmwh", "rivaroxaban", "apixaban", "edoxaban", "dabigatran", "vka", "ufh"})
"""Drugs with a table in ``anticoagulants.toml``."""
_DRUG = ("anticoagulant", DRUGS)

ITEMS = (
    StopItem("patient", "Patient's identity", (StopChoice("confirmed", "confirmed by two identifiers"),)),
    StopItem(
        "side",
        "Side, and the mark on the skin",
        (StopChoice("left", "left"), StopChoice("right", "right"), StopChoice("midline", "midline")),
    ),
    StopItem("consent", "Consent", (StopChoice("given", "given"),)),
    StopItem("allergy", "Allergy", (StopChoice("none", "none known"), StopChoice("known", "known", "Allergy to what"))),
    StopItem(
        "anticoagulant",
        "Anticoagulant",
        (
            StopChoice("none", "none"),
            StopChoice("lmwh", "LMWH"),
            StopChoice("rivaroxaban", "rivaroxaban"),
            StopChoice("apixaban", "apixaban"),
            StopChoice("edoxaban", "edoxaban"),
            StopChoice("dabigatran", "dabigatran"),
            StopChoice("vka", "VKA"),
            StopChoice("ufh", "heparin"),
            StopChoice("other", "other", "Which drug"),
        ),
    ),
    StopItem(
        "anticoagulant-dose",
        "Its class of dose",
        (StopChoice("low", "low (prophylaxis)"), StopChoice("high", "high (treatment)")),
        _DRUG,
    ),
    StopItem(
        "anticoagulant-hours",
        "Hours since its last dose",
        (StopChoice("hours", "hours", "Hours since the last dose"),),
        _DRUG,
    ),
    StopItem(
        "renal",
        "Creatinine clearance",
        (
            StopChoice("normal", "50 mL/min or more"),
            StopChoice("below-50", "30 to 49 mL/min"),
            StopChoice("below-30", "below 30 mL/min"),
            StopChoice("unknown", "not known"),
        ),
        _DRUG,
    ),
    StopItem(
        "implant",
        "Pacemaker, defibrillator, neurostimulator",
        (StopChoice("none", "none"), StopChoice("present", "present", "Which, and what was agreed")),
    ),
    StopItem(
        "baseline",
        "Neurological baseline at the limb",
        (StopChoice("normal", "normal"), StopChoice("deficit", "deficit", "Which deficit")),
    ),
    StopItem(
        "other-anaesthetic",
        "Other local anaesthetic within 24 h",
        (StopChoice("none", "none"), StopChoice("given", "given", "Dose, such as 'lidocaine 1% 10mL 40min ago'")),
    ),
    StopItem("monitoring", "Monitoring", (StopChoice("on", "on"),)),
    StopItem("access", "IV access, and lipid emulsion at hand", (StopChoice("ready", "both ready"),)),
)
BY_KEY = {item.key: item for item in ITEMS}


@dataclass(frozen=True, slots=True)
class StopPlan:
    """What the stop moment of one procedure needs to know.

    ``required`` are the items that must be answered; any other may be marked as not done, with a reason. ``depth`` is
    the protocol's, None if it gives none. ``patient`` and ``side`` are those of the case sheet.
    """

    required: frozenset[str] = field(default_factory=lambda: frozenset(ALWAYS_REQUIRED))
    depth: BleedingDepth | None = None
    patient: str | None = None
    side: str | None = None
