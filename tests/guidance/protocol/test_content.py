"""Contents of the protocols: all procedures are there, and every number has its source or is marked without."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance.citations import Sourced, cited
from guidance.protocol import load, names
from guidance.protocol.library import load_sheet, text_of
from guidance.protocol.sheet import BiofeedbackProtocol, BotulinumProtocol, NerveBlock, PainInjectionProtocol, Sheet
from guidance.stimulation.interlock import ABSOLUTE_MAX_CHARGE_UC, ABSOLUTE_MAX_CURRENT_MA

BLOCKS = {
    "interscalene", "supraclavicular", "infraclavicular", "axillary-median", "axillary-ulnar", "axillary-radial",
    "axillary-musculocutaneous", "mid-humeral-radial", "elbow-median", "elbow-ulnar", "elbow-radial", "femoral",
    "saphenous", "lumbar-plexus", "sciatic-transgluteal", "sciatic-anterior", "popliteal", "tibial-knee",
    "tibial-ankle", "common-peroneal", "obturator", "suprascapular", "parasacral", "accessory", "facial",
    "diagnostic-tibial", "diagnostic-obturator", "neurolysis-obturator", "neurolysis-tibial",
    "neurolysis-musculocutaneous",
}  # fmt: skip
TOXIN = {
    "biceps", "brachialis", "brachioradialis", "pronator-teres", "fcr", "fcu", "fds", "fdp", "fpl", "adductor-pollicis",
    "gastrocnemius", "soleus", "tibialis-posterior", "tibialis-anterior", "fdl", "fhl", "adductors",
    "hamstrings-medial", "hamstrings-lateral", "scm", "splenius-capitis", "levator-scapulae", "trapezius", "masseter",
    "piriformis", "extensor-hallucis-longus", "pronator-quadratus", "flexor-pollicis-brevis-opponens", "lumbricals",
    "pectoralis-major", "latissimus-dorsi", "teres-major", "subscapularis", "iliopsoas", "rectus-femoris",
    "flexor-digitorum-brevis", "scalenes", "semispinalis-capitis", "temporalis", "frontalis",
}  # fmt: skip


def sheet(name: str) -> Sheet:
    return load_sheet(name).sheet


def of_kind(kind: type[Sheet]) -> list[str]:
    return [name for name in names() if isinstance(sheet(name), kind)]


def test_every_procedure_of_the_tables_is_there() -> None:
    assert {*of_kind(NerveBlock)} == BLOCKS | {"generic-block"}
    assert {*of_kind(BotulinumProtocol)} == {f"botulinum-{muscle}" for muscle in TOXIN}
    assert {*of_kind(PainInjectionProtocol)} == {"piriformis", "trigger-point"}
    assert {*of_kind(BiofeedbackProtocol)} == {
        "relax", "contract-relax", "contract-hold", "antagonist-quiet", "discriminate",
    }  # fmt: skip


def test_the_pages_state_how_many_protocols_there_are() -> None:
    root = Path(__file__).parents[3]
    for page in ("README.md", "protocols/README.md"):
        assert f"{len(names())} protocols" in (root / page).read_text(encoding="utf-8")
    assert f"{len(BLOCKS)} nerve blocks" in (root / "protocols/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_a_block_names_nerve_muscle_responses_and_steps(name: str) -> None:
    block = sheet(name)
    assert isinstance(block, NerveBlock)
    assert block.target.nerve.value
    assert block.target.muscles
    assert block.accept
    assert len(block.steps) >= 7
    assert all(refused.do and refused.means for refused in block.refuse.values())


@pytest.mark.parametrize("name", sorted(TOXIN))
def test_a_toxin_target_names_its_manoeuvre_and_doses_no_product_that_was_not_read(name: str) -> None:
    target = sheet(f"botulinum-{name}")
    assert isinstance(target, BotulinumProtocol)
    assert target.emg.activation.value
    assert target.emg.twitch.value
    assert target.dose["onabotulinumtoxinA"].range_u.value
    others = [dose for product, dose in target.dose.items() if product != "onabotulinumtoxinA"]
    assert len(others) == 3
    assert all(
        dose.range_u.missing or "label" in dose.range_u.sources[0] or "dysport-mims" in dose.range_u.sources
        for dose in others
    )


@pytest.mark.parametrize("name", names())
def test_every_number_has_a_source_or_is_marked_as_without(name: str) -> None:
    whole = sheet(name)
    items = [item for _, item in cited(whole)]
    assert items
    for item in items:
        if isinstance(item, Sourced) and item.missing:
            continue
        assert item.sources == ("unsourced",) or set(item.sources) <= set(whole.refs)
        assert (item.certainty == "unsourced") == (item.sources == ("unsourced",))


@pytest.mark.parametrize("name", names())
def test_every_citation_is_used(name: str) -> None:
    assert [key for key in sheet(name).refs if text_of(name).count(key) < 2] == []


@pytest.mark.parametrize("name", names())
def test_the_first_pulse_of_every_protocol_is_within_the_absolute_limits(name: str) -> None:
    protocol = load(name)
    assert protocol.max_current_ma <= ABSOLUTE_MAX_CURRENT_MA
    assert protocol.start_current_ma * protocol.width_ms <= ABSOLUTE_MAX_CHARGE_UC


def test_numbers_are_those_of_the_sources() -> None:
    """Compare a sample that was entered by hand from the table."""
    interscalene, obturator, popliteal = sheet("interscalene"), sheet("obturator"), sheet("popliteal")
    assert isinstance(interscalene, NerveBlock)
    assert isinstance(obturator, NerveBlock)
    assert isinstance(popliteal, NerveBlock)
    assert interscalene.injection.volume_ml.value == (20.0, 40.0)
    assert interscalene.target.muscles["deltoid"].m_latency_ms.value == (3.0, 5.5)
    assert obturator.proximity.target_ma.sources == ("asahq-1998",)
    assert popliteal.target.muscles["gastrocnemius"].h_latency_ms.value == (28.0, 35.0)
    biceps, adductors = sheet("botulinum-biceps"), sheet("botulinum-adductors")
    assert isinstance(biceps, BotulinumProtocol)
    assert isinstance(adductors, BotulinumProtocol)
    assert biceps.dose["onabotulinumtoxinA"].range_u.value == (75.0, 200.0)
    assert biceps.limits["onabotulinumtoxinA"].region_max_u.value == 400.0
    assert adductors.dose["onabotulinumtoxinA"].start_u.value == 200.0


def test_conflicting_sources_are_marked() -> None:
    plexus = sheet("lumbar-plexus")
    assert isinstance(plexus, NerveBlock)
    assert plexus.proximity.target_ma.certainty == "conflicting"
    assert "chelly-14" in (plexus.proximity.target_ma.note or "")
