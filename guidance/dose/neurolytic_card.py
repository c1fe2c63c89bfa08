"""The card for an emergency: lipid rescue, or in a neurolysis what to do, in order, without lipid.

No source gives lipid for phenol.
"""

from __future__ import annotations

from guidance.dose.drugs import DrugTable, load
from guidance.dose.patient import DosePatient
from guidance.dose.plan import DosePlan
from guidance.dose.rescue import rescue
from guidance.dose.rescue_card import CardLine, instructions, remarks, split_instruction, title

RescueLines = tuple[tuple[str, str, bool], ...]
"""The lines of a card, each as (word, text, whether it is a volume)."""

_NO_LIPID = (
    "is no treatment here: no source that was read gives lipid emulsion for {agents}",
    "given too, today? Then its toxicity is possible: needle-guidance dose rescue shows the lipid rescue",
)
_CERTAINTY = "General resuscitation; of these lines only the one on phenol poisoning has a source."


def emergency_title(agents: tuple[str, ...]) -> str:
    """Return the first line of the card for ``agents``."""
    return f"{' OR '.join(agents).upper()}: NO LOCAL ANAESTHETIC, NO LIPID RESCUE"


def emergency_instructions(table: DrugTable, agents: tuple[str, ...]) -> tuple[CardLine, ...]:
    """Return what to do when something goes wrong with one of ``agents``, in order."""
    no_lipid, anaesthetic = _NO_LIPID
    return (
        *(CardLine(*split_instruction(item.text)) for item in table.neurolytic_emergency),
        CardLine("LIPID", no_lipid.format(agents=" or ".join(agents))),
        CardLine("ANAESTHETIC", anaesthetic),
        CardLine("", _CERTAINTY),
    )


def emergency_card(plan: DosePlan | None, agents: tuple[str, ...]) -> tuple[str, RescueLines]:
    """Return title and lines of the card: of a neurolysis with ``agents``, else the lipid rescue for the patient."""
    if agents:
        shown = emergency_instructions(load(), agents)
        return emergency_title(agents), tuple((line.word, line.text, line.is_dose) for line in shown)
    table, patient = (plan.table, plan.patient) if plan else (load(), DosePatient())
    card = rescue(table, patient)
    lines = ((line.word, line.text, line.is_dose) for line in instructions(table, card))
    return title(table), (*lines, *(("", text, False) for text in remarks(table, card)))
