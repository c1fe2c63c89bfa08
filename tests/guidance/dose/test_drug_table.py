"""The drug table is valid and cites every number; a faulty table is refused with file and key, never read in part."""

from __future__ import annotations

import pickle
import random
from importlib import resources

import pytest

from guidance.citations import ProtocolError, cited
from guidance.dose.drugs import DrugTable, load, parse
from guidance.protocol import names

TEXT = resources.files("protocols").joinpath("drugs.toml").read_text(encoding="utf-8")


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def test_the_drug_table_is_no_protocol() -> None:
    assert "drugs" not in names()


def test_every_number_has_a_source_or_a_reason_why_it_has_none() -> None:
    items = list(cited(load()))
    assert len(items) > 80
    for path, item in items:
        assert item.sources or getattr(item, "missing", None), path


def test_the_table_reaches_another_process_whole() -> None:
    assert pickle.loads(pickle.dumps(load())) == load()  # noqa: S301


def test_every_reference_is_cited() -> None:
    used = {key for _, item in cited(load()) for key in item.sources}
    assert set(load().refs) == used - {"unsourced"}


def test_what_no_source_gives_is_absent_with_a_reason() -> None:
    assert load().anaesthetic["levobupivacaine"].max_mg_epinephrine.value is None
    assert load().anaesthetic["levobupivacaine"].max_mg_epinephrine.missing
    assert load().epinephrine.max_ug.missing
    assert load().toxin["rimabotulinumtoxinB"].limits == ()
    assert load().toxin["daxibotulinumtoxinA"].sessions["cervical dystonia"].reinject_weeks.missing


FAULTS = {
    "not TOML": ("id = = 5", "not TOML"),
    "an empty file": ("", "missing"),
    "an unknown key": (changed("max_mg_per_kg =", "max_mg_per_lb ="), "max_mg_per_lb"),
    "a missing key": (changed('names = ["lignocaine", "xylocaine"]', ""), "names"),
    "a text for a number": (changed("value = 4.5", 'value = "4.5"'), "max_mg_per_kg"),
    "a limit ten times too high": (changed("value = 4.5", "value = 45.0"), "0.1 to 30 mg/kg"),
    "a limit of nothing": (changed("value = 4.5", "value = 0.0"), "0.1 to 30 mg/kg"),
    "a negative limit": (changed("value = 300.0", "value = -300.0"), "1 to 2000 mg"),
    "a limit that is no number": (changed("value = 4.5", "value = nan"), "max_mg_per_kg"),
    "an endless limit": (changed("value = 4.5", "value = inf"), "max_mg_per_kg"),
    "less with epinephrine than without": (changed("value = 7.0", "value = 3.0"), "epinephrine"),
    "no limit by weight": (
        changed(
            'max_mg_per_kg = { value = 4.5, source = "xylocaine-mpf-label", certainty = "sourced" }',
            'max_mg_per_kg = { missing = "forgotten" }',
        ),
        "max_mg_per_kg",
    ),
    "a source that is not explained": (changed('"narkosguiden", "ropivacaine-bnf"', '"narkosguide"'), "narkosguide"),
    "no source": (
        changed('"ideal", source = "asra-2017-cards", certainty = "secondary"', '"ideal", certainty = "secondary"'),
        "lipid.weight",
    ),
    "unsourced passed off as sourced": (
        changed('source = "unsourced", certainty = "unsourced"', 'source = "unsourced", certainty = "sourced"'),
        "unsourced",
    ),
    "a name for two drugs": (changed('names = ["citanest"]', 'names = ["Naropin"]'), "naropin"),
    "an unknown weight": (changed('value = "lean"', 'value = "dry"'), "obese_weight"),
    "a range backwards": (changed("value = [200.0, 250.0]", "value = [250.0, 200.0]"), "infusion_ml"),
    "half a range": (changed("value = [200.0, 250.0]", "value = [200.0]"), "infusion_ml"),
    "a lipid rescue without its bolus": (
        changed(
            'bolus_ml = { value = 100.0, source = ["asra-2017", "asra-2017-cards"], certainty = "sourced" }',
            'bolus_ml = { missing = "lost" }',
        ),
        "bolus_ml",
    ),
    "toxin units of another kind": (changed("max_units = 250.0", 'max_units = "250 U"'), "max_units"),
    "no anaesthetic at all": (TEXT.replace("[anaesthetic.", "[anasthetic."), "anasthetic"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_table_is_refused_by_file_and_key(fault: str) -> None:
    text, named = FAULTS[fault]
    with pytest.raises(ProtocolError) as refused:
        parse(text, "ours.toml")
    assert str(refused.value).startswith("ours.toml")
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)


def mutated(seed: int) -> str:
    """Return the table with a few characters changed, lost or doubled, as typing errors would."""
    draw = random.Random(seed)
    text = list(TEXT)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(text))
        text[at] = draw.choice(["", text[at] * 2, draw.choice('0123456789.=-"[]{}, \nabcx')])
    return "".join(text)


def test_a_typing_error_leaves_a_whole_table_or_one_clear_refusal() -> None:
    found = [read(mutated(seed)) for seed in range(120)]
    refused = [text for text in found if isinstance(text, str)]
    assert len(refused) > 60
    assert all(text.startswith("ours.toml") for text in refused)


def read(text: str) -> DrugTable | str:
    """Return the whole table in ``text``, or the reason for refusing it."""
    try:
        return parse(text, "ours.toml")
    except ProtocolError as fault:
        return str(fault)
