"""Units of botulinum toxin against the limits of the same product: by muscle, by session and by part of the body.

Units of one product are not units of another; they are never converted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from guidance.citations import ProtocolError
from guidance.dose.cumulative_dose import ROUNDING
from guidance.dose.drugs import DrugTable, ToxinLimit, ToxinSession
from guidance.dose.patient import DosePatient
from guidance.dose.text import DoseError
from guidance.protocol.library import load_sheet
from guidance.protocol.search import resolve
from guidance.protocol.sheet import BotulinumProtocol, DoseLimits, Indication, Product

ADULT_FROM_YEARS = 18.0
MOST_UNITS = 25000.0
"""More units than this are a typing error (a judgement; the largest limit in the table is far below)."""
_MUSCLE = re.compile(r"\s*(.+?)\s+(\d+(?:[.,]\d+)?)\s*(?:u|units)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ToxinShare:
    """A ``limit`` for this patient in ``units`` of the product, and the ``fraction`` of it that is used.

    ``units`` is None if the limit depends on a weight that was not given.
    """

    limit: ToxinLimit
    units: float | None
    fraction: float | None


@dataclass(frozen=True, slots=True)
class MuscleDose:
    """``units`` into one muscle, whose protocol is ``protocol``; ``limits`` is None if it has none of this product."""

    protocol: str
    title: str
    indication: Indication
    units: float
    limits: DoseLimits | None

    @property
    def most_units(self) -> float | None:
        """The limit of the muscle; None if no source gives one."""
        return self.limits.muscle_max_u.value if self.limits else None

    @property
    def fraction(self) -> float | None:
        """The share of the muscle's limit; None without a limit."""
        return None if self.most_units is None else self.units / self.most_units

    @property
    def is_over(self) -> bool:
        """Whether the muscle's limit is exceeded."""
        return self.fraction is not None and self.fraction > 1.0 + ROUNDING


@dataclass(frozen=True, slots=True)
class SessionShare:
    """The units of a whole session against its limit for one ``indication``; ``fraction`` is None without a limit."""

    indication: Indication
    session: ToxinSession
    units: float

    @property
    def fraction(self) -> float | None:
        """The share of the session's limit."""
        most = self.session.max_units.value
        return None if most is None else self.units / most

    @property
    def is_over(self) -> bool:
        """Whether the session's limit is exceeded."""
        return self.fraction is not None and self.fraction > 1.0 + ROUNDING


def checked_units(units: float) -> float:
    """Return ``units``. Raises DoseError for a number that no dose can be."""
    if not (math.isfinite(units) and 0.0 < units <= MOST_UNITS):
        raise DoseError(f"{units:g} units cannot be; give a number above 0 and at most {MOST_UNITS:g}.")
    return units


def toxin_shares(table: DrugTable, product: str, units: float, patient: DosePatient) -> tuple[ToxinShare, ...]:
    """Compare ``units`` of ``product`` (a key of the table) with its limits of parts of the body. Raises DoseError.

    Without an age, the limits of both adults and children are returned.
    """
    checked_units(units)
    whose = _whose(patient)
    return tuple(
        _share(limit, units, patient) for limit in table.toxin[product].limits if whose is None or limit.whose == whose
    )


def session_shares(
    table: DrugTable, product: str, units: float, indications: Sequence[Indication] = ()
) -> tuple[SessionShare, ...]:
    """Compare ``units`` of ``product`` with the limit of a session for each of ``indications``, or for all it has."""
    checked_units(units)
    sessions = table.toxin[product].sessions
    wanted = dict.fromkeys(indications) if indications else sessions
    return tuple(SessionShare(name, sessions[name], units) for name in wanted if name in sessions)


def read_muscle(product: str, text: str) -> MuscleDose:
    """Convert a written dose such as ``fds 50`` to the dose of one muscle. Raises DoseError."""
    found = _MUSCLE.fullmatch(text)
    if not found:
        raise DoseError(f"{text!r} is no dose of a muscle; write its name and the units, such as 'fds 50'.")
    try:
        name = resolve(_protocol_of(found[1]))
        sheet = load_sheet(name).sheet
    except ProtocolError as fault:
        raise DoseError(str(fault)) from None
    if not isinstance(sheet, BotulinumProtocol):
        raise DoseError(f"{found[1]!r} is {sheet.title}, which is no target of botulinum toxin.")
    units = checked_units(float(found[2].replace(",", ".")))
    return MuscleDose(sheet.id, sheet.title, sheet.indication, units, sheet.limits.get(cast("Product", product)))


def _protocol_of(name: str) -> str:
    """Return the identifier of the muscle's protocol, where ``name`` is the identifier without its first part."""
    identifier = f"botulinum-{'-'.join(name.casefold().split())}"
    try:
        return resolve(identifier)
    except ProtocolError:
        return name


def _whose(patient: DosePatient) -> Literal["adult", "child"] | None:
    if patient.age_years is None:
        return None
    return "adult" if patient.age_years >= ADULT_FROM_YEARS else "child"


def _share(limit: ToxinLimit, units: float, patient: DosePatient) -> ToxinShare:
    if limit.max_units_per_kg is None:
        most: float | None = limit.max_units
    else:
        most = None if patient.weight_kg is None else min(limit.max_units, limit.max_units_per_kg * patient.weight_kg)
    return ToxinShare(limit, most, None if most is None else units / most)
