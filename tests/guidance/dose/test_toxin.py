"""Botulinum units are compared with the limits of the same product and never converted."""

from __future__ import annotations

import pytest

from guidance.dose.drugs import load
from guidance.dose.patient import DosePatient
from guidance.dose.text import DoseError
from guidance.dose.toxin import toxin_shares

TABLE = load()
BOTOX = "onabotulinumtoxinA"


def fractions(units: float, patient: DosePatient, product: str = BOTOX) -> dict[str, float | None]:
    return {share.limit.where: share.fraction for share in toxin_shares(TABLE, product, units, patient)}


def test_units_are_compared_with_every_limit_of_an_adult() -> None:
    # botox-uk: 400 units an upper limb, 250 a shoulder, 50 the muscles of a hand; botox-site: 50 a site.
    assert fractions(200.0, DosePatient(70, 40)) == {
        "upper limb": 0.5,
        "shoulder": 0.8,
        "muscles of one hand": 4.0,
        "one site": 4.0,
    }


def test_a_childs_limit_is_the_lower_of_weight_and_units() -> None:
    # botox-child: 6 units/kg or 200, whichever is lower. 6 x 20 = 120; 6 x 50 = 300 > 200.
    assert fractions(60.0, DosePatient(20, 6)) == {"upper limb": 0.5}
    assert fractions(100.0, DosePatient(50, 12)) == {"upper limb": 0.5}


def test_a_childs_limit_is_unknown_without_a_weight() -> None:
    assert fractions(60.0, DosePatient(None, 6)) == {"upper limb": None}


def test_without_an_age_neither_adult_nor_child_is_assumed() -> None:
    whose = {share.limit.whose for share in toxin_shares(TABLE, BOTOX, 50.0, DosePatient(70))}
    assert whose == {"adult", "child"}


@pytest.mark.parametrize(("name", "key"), [("Dysport", "abobotulinumtoxinA"), ("XEOMIN", "incobotulinumtoxinA")])
def test_a_product_is_found_by_its_trade_name_and_keeps_its_own_limits(name: str, key: str) -> None:
    assert TABLE.find_toxin(name)[0] == key


def test_no_limit_of_one_product_serves_for_another() -> None:
    assert fractions(500.0, DosePatient(70, 40), "rimabotulinumtoxinB") == {}


def test_a_local_anaesthetic_is_no_toxin() -> None:
    with pytest.raises(DoseError, match="No botulinum toxin"):
        TABLE.find_toxin("lidocaine")


@pytest.mark.parametrize("units", [0.0, -5.0, float("nan"), float("inf"), 1e6])
def test_units_that_cannot_be_are_refused(units: float) -> None:
    with pytest.raises(DoseError, match="cannot be"):
        toxin_shares(TABLE, BOTOX, units, DosePatient(70, 40))
