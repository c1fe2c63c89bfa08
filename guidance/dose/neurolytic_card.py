"""The card for an emergency in a neurolysis: what to do, in order. It has no lipid; no source gives it for phenol."""

from __future__ import annotations

from guidance.dose.drugs import DrugTable
from guidance.dose.rescue_card import CardLine, split_instruction

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
