"""The lipid rescue card, to be used in an arrest: numbered instructions first, what to know next, sources last.

Its numbers and sentences are those of one guideline, which the drug table names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from guidance.citations import Sourced
from guidance.dose.drugs import DrugTable, Statement, needed
from guidance.dose.rescue import DoseRange, Rescue

_SOURCES = "Where the numbers were read:"


@dataclass(frozen=True, slots=True)
class CardLine:
    """One line of the card: a ``word`` to find it by, and the ``text``; ``is_dose`` marks a volume of the lipid."""

    word: str
    text: str
    is_dose: bool = False


def title(table: DrugTable) -> str:
    """Return the card's first line."""
    return f"LOCAL ANAESTHETIC TOXICITY: LIPID RESCUE, {needed(table.lipid.emulsion_percent):g} % emulsion, intravenous"


def instructions(table: DrugTable, card: Rescue | None) -> tuple[CardLine, ...]:
    """Return what to do, in order; without a weight the doses by kg and the fixed ones. No weight is assumed."""
    lipid = table.lipid
    doses = tuple(_with_weight(card) if card else _without_weight(table))
    return (
        *(CardLine(*split_instruction(item.text)) for item in lipid.first),
        CardLine("LIPID", "at the first sign of a serious event:"),
        *doses,
        CardLine("AGAIN", _again(table)),
        CardLine("ADRENALINE", _epinephrine(table, card)),
        CardLine("AVOID", f"{lipid.avoid.text}"),
    )


def remarks(table: DrugTable, card: Rescue | None) -> tuple[str, ...]:
    """Return what to know beside the instructions."""
    basis = () if card is None else (_basis(card),)
    return (*(f"{item.text}{_unsourced(item)}." for item in table.lipid.then), *basis)


def lines_of(table: DrugTable, card: Rescue | None) -> list[str]:
    """Return the whole card as text: instructions, remarks, and the sources after them."""
    numbers, statements = _numbers(table), (*table.lipid.first, *table.lipid.then, table.lipid.avoid)
    ask = [] if card else ["No weight was given and none is assumed: --weight KG gives the volumes."]
    return [
        title(table),
        "",
        *_numbered(instructions(table, card)),
        "",
        *(f"  {text}" for text in (*remarks(table, card), *ask)),
        "",
        f"{_SOURCES} {table.lipid.guideline}",
        *(f"  {key.replace('_', ' ')}: {_sourced(table, item)}" for key, item in numbers.items()),
        *(f"  {item.text}: [{table.citation(item)}]" for item in statements),
        *(f"  {text}" for text in table.references([*numbers.values(), *statements])),
    ]


def json_of(table: DrugTable, card: Rescue | None) -> dict[str, Any]:
    """Return the card for a program; without a weight the volumes are None."""
    lipid = table.lipid
    if card is None:
        volumes: dict[str, Any] = dict.fromkeys(("bolus_ml", "infusion_ml_per_min", "most_ml", "weight_kg"))
    else:
        volumes = {
            "weight_kg": card.weight.kg,
            "weight_kind": card.weight.kind,
            "weight_why": card.weight.why,
            "bolus_ml": card.bolus_ml,
            "bolus_min": card.bolus_min,
            "infusion_ml": card.infusion_ml,
            "infusion_min": card.infusion_min,
            "infusion_ml_per_min": card.infusion_ml_per_min,
            "most_ml": card.most_ml,
            "needs_pump": card.needs_pump,
        }
    read = {key: {"value": item.value, "source": table.citation(item)} for key, item in _numbers(table).items()}
    texts = {"first": [item.text for item in lipid.first], "then": [item.text for item in lipid.then]}
    return volumes | texts | {"guideline": lipid.guideline, "avoid": lipid.avoid.text, "table": read}


def split_instruction(text: str) -> tuple[str, str]:
    """Return the first word of an instruction in capitals, and the rest."""
    word, colon, rest = text.partition(":")
    if colon and word.isupper():
        return word, rest.strip()
    first, _, rest = text.partition(" ")
    return first, rest


def _numbered(lines: tuple[CardLine, ...]) -> Iterator[str]:
    """Yield the instructions, numbered; the volumes stand below the instruction that they belong to."""
    number = 0
    for line in lines:
        if line.is_dose:
            yield f"       {line.word:<15}{line.text}"
            continue
        number += 1
        yield f"{number:>2}  {line.word:<11}{line.text}"


def _with_weight(card: Rescue) -> Iterator[CardLine]:
    if card.infusion_ml and card.infusion_min:
        infusion = f"about {_range(card.infusion_ml)} mL over {_range(card.infusion_min)} min"
    else:
        infusion = f"about {_rounded(card.infusion_ml_per_min[0])} mL/min"
    yield CardLine("BOLUS", f"about {_rounded(card.bolus_ml)} mL over {_range(card.bolus_min)} min", is_dose=True)
    yield CardLine("INFUSION", infusion + (" (consider a pump)" if card.needs_pump else ""), is_dose=True)
    yield CardLine("MAXIMUM TOTAL", f"{card.most_ml:.0f} mL", is_dose=True)


def _without_weight(table: DrugTable) -> Iterator[CardLine]:
    lipid = table.lipid
    bolus_min, ml, minutes = needed(lipid.bolus_min), needed(lipid.infusion_ml), needed(lipid.infusion_min)
    heavy, light = f"from {needed(lipid.fixed_from_kg):g} kg", f"below {needed(lipid.fixed_from_kg):g} kg"
    by_kg = needed(lipid.bolus_ml_per_kg)
    yield CardLine(
        "BOLUS",
        f"{heavy} about {needed(lipid.bolus_ml):g} mL, {light} {by_kg:g} mL/kg, over {_range(bolus_min)} min",
        is_dose=True,
    )
    yield CardLine(
        "INFUSION",
        f"{heavy} about {_range(ml)} mL over {_range(minutes)} min, {light} "
        f"{needed(lipid.infusion_ml_per_kg_min):g} mL/kg/min",
        is_dose=True,
    )
    yield CardLine("MAXIMUM TOTAL", f"{needed(lipid.max_ml_per_kg):g} mL/kg", is_dose=True)


def _again(table: DrugTable) -> str:
    times = needed(table.lipid.repeat_boluses)
    return f"if stable circulation has not returned: repeat the bolus, up to {times} times, and double the infusion"


def _epinephrine(table: DrugTable, card: Rescue | None) -> str:
    most = needed(table.lipid.epinephrine_max_ug_per_kg)
    volume = "" if card is None else f" = {most * card.weight.kg:.0f} ug"
    return f"(epinephrine) small doses: at most {most:g} ug/kg{volume} each"


def _basis(card: Rescue) -> str:
    return f"For {card.weight.kg:.4g} kg ({card.weight.kind} weight: {card.weight.why})."


def _rounded(volume_ml: float) -> str:
    """Return a volume as it is given by hand: whole mL from 10 mL on."""
    return f"{volume_ml:.0f}" if volume_ml >= 10.0 else f"{volume_ml:.1f}"


def _unsourced(item: Statement) -> str:
    return " (no source was read)" if item.certainty == "unsourced" else ""


def _range(pair: DoseRange) -> str:
    return f"{pair[0]:g}" if pair[0] == pair[1] else f"{pair[0]:g} to {pair[1]:g}"


def _numbers(table: DrugTable) -> dict[str, Sourced[Any]]:
    items = {key: getattr(table.lipid, key) for key in type(table.lipid).model_fields}
    return {key: item for key, item in items.items() if isinstance(item, Sourced)}


def _sourced(table: DrugTable, item: Sourced[Any]) -> str:
    value = _range(item.value) if isinstance(item.value, tuple) else str(item.value)
    note = f" ({item.note})" if item.note else ""
    return f"{value}{note} [{table.citation(item)}]"
