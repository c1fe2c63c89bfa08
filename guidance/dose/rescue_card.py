"""The lipid rescue card as text: what to give now comes first, in mL."""

from __future__ import annotations

from typing import Any

from guidance.citations import Sourced
from guidance.dose.drugs import DrugTable, Statement, needed
from guidance.dose.rescue import DoseRange, Rescue

_ROUNDED = "volumes rounded to 0.1 mL"


def lines_of(table: DrugTable, card: Rescue | None) -> list[str]:
    """Return the card's lines; without a weight the doses by kg and the fixed doses. No weight is assumed."""
    lipid, numbers = table.lipid, _numbers(table)
    head = (
        f"LIPID RESCUE, {lipid.emulsion_percent.value:g} % emulsion, intravenous (local anaesthetic systemic toxicity)"
    )
    doses = _without_weight(table) if card is None else _with_weight(card)
    return [
        head,
        "Stop injecting. Call for help.",
        *doses,
        f"If not restored: repeat the bolus, at most {lipid.repeat_boluses.value} times ({lipid.repeat_boluses.note}).",
        f"Epinephrine: {_epinephrine(table, card)} [{table.citation(lipid.epinephrine_max_ug_per_kg)}].",
        f"Avoid: {_stated(table, lipid.avoid)}.",
        f"Note: {_stated(table, lipid.differs)}.",
        "",
        "Where the numbers were read:",
        *(f"  {key.replace('_', ' ')}: {_sourced(table, item)}" for key, item in numbers.items()),
        *(f"  {text}" for text in table.references([*numbers.values(), lipid.avoid, lipid.differs])),
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
    return volumes | {"avoid": lipid.avoid.text, "table": read}


def _with_weight(card: Rescue) -> list[str]:
    basis = f"For {card.weight.kg:.4g} kg ({card.weight.kind} weight: {card.weight.why}); {_ROUNDED}."
    if card.infusion_ml and card.infusion_min:
        infusion = f"{_range(card.infusion_ml)} mL over {_range(card.infusion_min)} min"
    else:
        infusion = f"{card.infusion_ml_per_min[0]:.1f} mL/min"
    pump = ["  Consider a pump at this low weight."] if card.needs_pump else []
    return [
        f"  BOLUS     {card.bolus_ml:.1f} mL over {_range(card.bolus_min)} min",
        f"  INFUSION  {infusion}; doubled if not restored",
        f"  AT MOST   {card.most_ml:.0f} mL in all",
        *pump,
        basis,
    ]


def _without_weight(table: DrugTable) -> list[str]:
    lipid = table.lipid
    bolus_min, ml, minutes = needed(lipid.bolus_min), needed(lipid.infusion_ml), needed(lipid.infusion_min)
    return [
        f"From {lipid.fixed_from_kg.value:g} kg on:",
        f"  BOLUS     {lipid.bolus_ml.value:g} mL over {_range(bolus_min)} min",
        f"  INFUSION  {_range(ml)} mL over {_range(minutes)} min; doubled if not restored",
        f"Below {lipid.fixed_from_kg.value:g} kg:",
        f"  BOLUS     {lipid.bolus_ml_per_kg.value:g} mL/kg over {_range(bolus_min)} min",
        f"  INFUSION  {lipid.infusion_ml_per_kg_min.value:g} mL/kg/min; doubled if not restored",
        f"  AT MOST   {lipid.max_ml_per_kg.value:g} mL/kg in all",
        "No weight was given and none is assumed: --weight KG gives the volumes.",
    ]


def _epinephrine(table: DrugTable, card: Rescue | None) -> str:
    most = table.lipid.epinephrine_max_ug_per_kg
    volume = "" if card is None else f" = {needed(most) * card.weight.kg:.0f} ug"
    return f"at most {needed(most):g} ug/kg{volume}, {most.note or 'in all'}"


def _range(pair: DoseRange) -> str:
    return f"{pair[0]:g}" if pair[0] == pair[1] else f"{pair[0]:g} to {pair[1]:g}"


def _numbers(table: DrugTable) -> dict[str, Sourced[Any]]:
    items = {key: getattr(table.lipid, key) for key in type(table.lipid).model_fields}
    return {key: item for key, item in items.items() if isinstance(item, Sourced)}


def _sourced(table: DrugTable, item: Sourced[Any]) -> str:
    value = _range(item.value) if isinstance(item.value, tuple) else str(item.value)
    note = f" ({item.note})" if item.note else ""
    return f"{value}{note} [{table.citation(item)}]"


def _stated(table: DrugTable, statement: Statement) -> str:
    return f"{statement.text} [{table.citation(statement)}]"
