"""Sentences of the note: each states its events or the case sheet, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance.contracts.events import Proximity
from guidance.note.case_sheet import CaseSheet
from guidance.note.compose import SIMULATION, compose
from guidance.note.event_query import EventQuery, read_stream
from guidance.note.page import SHEET
from tests.guidance.note.note_pages import all_sentences, missing, note_of, sentences, text_of
from tests.support.case_sheets import BLOCK_SHEET, TOXIN_SHEET, sheet
from tests.support.scripted_procedure import ScriptedProcedure, aliquots, femoral_block
from tests.support.some import some


def test_every_sentence_names_events_that_are_there_or_the_case_sheet(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path)
    stream = read_stream(folder)
    page = compose(stream, sheet())
    seqs = {line["seq"] for line in stream.events}
    assert len(all_sentences(page)) > 40
    for part in all_sentences(page):
        assert (set(part.events) <= seqs and part.events) or part.source == SHEET, part


def test_the_minimum_current_is_the_weakest_pulse_with_a_response_at_the_last_place(tmp_path: Path) -> None:
    page = note_of(femoral_block(), tmp_path)
    (first, how, estimate) = sentences(page, "Minimum current and its duration")
    assert first.text == "0.40 mA at 0.1 ms."
    assert how.text.startswith("Lowest current that evoked a response")
    assert "210 µV" in how.text
    assert "9.5 ms" in how.text
    assert (first.detail, how.detail, estimate.detail) == (False, True, True)
    assert "0.36 mA, 90 % interval 0.31 to 0.42 mA" in estimate.text


def test_no_response_below_counts_the_weaker_pulses_without_a_response(tmp_path: Path) -> None:
    page = note_of(femoral_block(), tmp_path)
    (part,) = sentences(page, "No response below")
    assert part.text == "No response to 2 pulses at 0.30 mA, 0.1 ms."
    assert len(part.events) == 4


def test_an_estimate_for_another_width_does_not_name_0_1_ms(tmp_path: Path) -> None:
    procedure = femoral_block()
    sample = procedure.pulses[-1].sample
    threshold = (0.25, 0.29, 0.33)
    procedure.add(6.2, Proximity(sample, threshold, None, None, "target", {}, valid=True, why=None))
    text = text_of(note_of(procedure, tmp_path), "Minimum current and its duration")
    assert "Motor threshold estimated at that time: 0.29 mA" in text


def test_an_estimate_without_a_threshold_is_not_stated_as_one(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.add(6.2, Proximity(1, None, None, None, "target", {}, valid=True, why=None, by="needle-emg"))
    text = text_of(note_of(procedure, tmp_path), "Minimum current and its duration")
    assert "Motor threshold for 0.1 ms estimated at that time: 0.36 mA" in text


def test_a_threshold_above_the_limit_is_stated_without_a_number_of_its_own(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.add(6.2, Proximity(1, None, None, None, "none", {}, valid=False, why="above-limit", above_ma=5.0))
    text = text_of(note_of(procedure, tmp_path), "Minimum current and its duration")
    assert "Motor threshold estimated at that time: above 5 mA, the highest current allowed." in text


def test_an_estimate_too_wide_to_be_valid_is_not_stated(tmp_path: Path) -> None:
    procedure = femoral_block()
    wide = (0.1, 0.9, 4.0)
    procedure.add(6.2, Proximity(1, wide, wide, None, None, {}, valid=False, why="uncertain"))
    text = text_of(note_of(procedure, tmp_path), "Minimum current and its duration")
    assert "0.36 mA, 90 % interval 0.31 to 0.42 mA" in text


VERIFIED = {"present_ma": 0.5, "present_answered": 2, "absent_ma": 0.28, "absent_answered": 0, "pulses_each": 2,
            "width_ms": 0.1, "held": True}  # fmt: skip


def test_no_response_below_uses_an_old_verification_at_the_same_place(tmp_path: Path) -> None:
    procedure = ScriptedProcedure()
    procedure.entry(2.0, "verification", **VERIFIED)
    procedure.pulse(60.0, 0.5, responded=True)
    assert text_of(note_of(procedure, tmp_path), "No response below").startswith(
        "No response to 2 pulses at 0.28 mA, 0.1 ms."
    )


@pytest.mark.parametrize(("later_ma", "moved", "absent_answered"), [(0.25, False, 0), (0.5, True, 0), (0.5, False, 1)])
def test_an_outdated_or_failed_verification_is_not_stated(
    tmp_path: Path, later_ma: float, moved: bool, absent_answered: int
) -> None:
    procedure = ScriptedProcedure()
    procedure.entry(2.0, "verification", **VERIFIED | {"absent_answered": absent_answered})
    if moved:
        procedure.entry(3.0, "redirect")
    procedure.pulse(20.0, later_ma, responded=True)
    assert "no_response_below" in missing(note_of(procedure, tmp_path))


def test_no_response_below_stays_open_where_no_weaker_pulse_was_tried(tmp_path: Path) -> None:
    procedure = ScriptedProcedure()
    procedure.pulse(2.0, 0.5, responded=True)
    page = note_of(procedure, tmp_path)
    assert sentences(page, "No response below") == ()
    assert "no_response_below" in missing(page)
    assert "minimum_current" not in missing(page)


@pytest.mark.parametrize("spoilt", [{"responded": None}, {"responded": False, "outcome": "not-delivered"}])
def test_an_unfit_pulse_does_not_count_as_one_without_response(tmp_path: Path, spoilt: dict[str, object]) -> None:
    procedure = ScriptedProcedure()
    procedure.pulse(2.0, 0.5, responded=True)
    procedure.pulse(3.0, 0.3, **spoilt)  # type: ignore[arg-type]
    assert "no_response_below" in missing(note_of(procedure, tmp_path))


def test_pulses_before_a_redirect_are_of_another_place(tmp_path: Path) -> None:
    procedure = femoral_block(injected=False)
    procedure.entry(6.5, "redirect")
    procedure.pulse(7.0, 0.9, responded=True)
    page = note_of(procedure, tmp_path)
    assert text_of(page, "Minimum current and its duration").startswith("0.90 mA")
    assert "no_response_below" in missing(page)


def test_pulses_after_the_injection_do_not_count_for_the_minimum(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.pulse(12.0, 0.1, responded=True)
    assert text_of(note_of(procedure, tmp_path), "Minimum current and its duration").startswith("0.40 mA")


def test_a_strong_pulse_without_a_response_is_stated_beside_the_minimum(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.pulse(6.5, 0.8, responded=False)
    assert "1 of 4 pulses at or above this current had no response" in text_of(
        note_of(procedure, tmp_path), "Minimum current and its duration"
    )


def test_aliquots_doses_and_aspirations_are_stated_with_their_times(tmp_path: Path) -> None:
    page = note_of(femoral_block(), tmp_path)
    assert "10 mL in 2 aliquots: 5 mL at 09:27:01, 5 mL at 09:27:07" in text_of(page, "Volume (mL)")
    assert "ropivacaine 50 mg, 23.9 % of the limit" in text_of(page, "Drug and concentration")
    assert "Aspirated 2 times without blood at 09:27:00, 09:27:06" in text_of(page, "Aspiration")
    assert "None in the solution entered" in text_of(page, "Epinephrine")
    assert not {"drug", "volume_ml", "aspiration", "epinephrine"} & missing(page)


def test_an_aliquot_without_aspiration_is_stated_and_aspiration_stays_required(tmp_path: Path) -> None:
    procedure = femoral_block(injected=False)
    aliquots(procedure, [8.0], aspirated=False)
    page = note_of(procedure, tmp_path)
    assert "No aspiration was entered just before 1 of 1 aliquot, at 09:27:01" in text_of(page, "Aspiration")
    assert "aspiration" in missing(page)


def test_an_aspiration_without_its_result_is_stated_and_the_result_stays_required(tmp_path: Path) -> None:
    procedure = femoral_block(injected=False)
    procedure.entry(7.5, "aspiration")
    page = note_of(procedure, tmp_path)
    assert "Aspiration entered without its result at 09:27:00" in text_of(page, "Aspiration")
    assert "aspiration" in missing(page)


def test_aspirated_blood_stands_out(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(7.5, "aspiration", blood=True, volume_ml_since_last=0.0)
    assert "BLOOD was aspirated at 09:27:00" in text_of(note_of(procedure, tmp_path), "Aspiration")


def test_an_injection_of_unrecorded_volume_leaves_drug_and_volume_open(tmp_path: Path) -> None:
    procedure = femoral_block(injected=False)
    procedure.entry(8.0, "injection")
    page = note_of(procedure, tmp_path)
    assert "Injection entered without its volume at 09:27:01" in text_of(page, "Volume (mL)")
    assert {"drug", "volume_ml", "aspiration", "twitch_loss"} <= missing(page)


def test_without_a_note_of_pain_the_field_stays_empty(tmp_path: Path) -> None:
    assert "pain" in missing(note_of(femoral_block(), tmp_path / "a"))
    procedure = femoral_block()
    procedure.entry(9.0, "pain")
    page = note_of(procedure, tmp_path / "b")
    assert "pain" not in missing(page)
    assert "noted at 09:27:02" in text_of(page, "Pain or paraesthesia")


def test_the_twitch_field_is_filled_by_its_alarm_and_not_by_counts(tmp_path: Path) -> None:
    assert "twitch_loss" not in missing(note_of(femoral_block(), tmp_path / "a"))
    procedure = femoral_block(injected=False)
    aliquots(procedure, [8.0])
    procedure.pulse(9.0, 0.5, responded=False)
    page = note_of(procedure, tmp_path / "b")
    assert "0 of 1 pulse of 0.40 mA or more had a response" in text_of(page, "Twitch abolished on injection (Raj test)")
    assert "twitch_loss" in missing(page)


def test_each_alarm_is_stated_with_its_duration(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.alarm(4.0, "lead-off", "An electrode is off.")
    procedure.alarm(5.5, "lead-off", "An electrode is off.", active=False)
    assert "09:26:57 (1.5 s): An electrode is off." in text_of(note_of(procedure, tmp_path), "Alarms")


def test_a_verification_is_stated_with_both_currents(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(
        7.2, "verification", present_ma=0.5, present_answered=2, absent_ma=0.28, absent_answered=0, pulses_each=2,
        width_ms=0.1, held=True,
    )  # fmt: skip
    assert "2 of 2 pulses had a response at 0.50 mA, 0 of 2 at 0.28 mA" in text_of(
        note_of(procedure, tmp_path), "Verification"
    )


def test_the_note_of_a_cut_off_record_begins_with_that(tmp_path: Path) -> None:
    page = note_of(femoral_block(), tmp_path, ended=False)
    assert "CUT OFF" in page.banners[0]


def test_a_simulated_patient_is_named_as_one(tmp_path: Path) -> None:
    page = compose(read_stream(femoral_block().record_in(tmp_path, simulated=True)), CaseSheet())
    assert SIMULATION in page.banners


def test_two_different_weights_stand_out(tmp_path: Path) -> None:
    assert any(
        "TWO WEIGHTS" in banner for banner in note_of(femoral_block(), tmp_path / "a", sheet(weight_kg="80")).banners
    )
    assert not any(
        "WEIGHTS" in banner for banner in note_of(femoral_block(), tmp_path / "b", sheet(weight_kg="70")).banners
    )


def test_a_full_case_sheet_leaves_nothing_missing(tmp_path: Path) -> None:
    assert note_of(femoral_block(), tmp_path, sheet()).missing == ()


@pytest.mark.parametrize("key", ["side", "performer", "resistance", "needle_gauge", "stop_moment"])
def test_each_required_field_left_out_is_missing(tmp_path: Path, key: str) -> None:
    text = "\n".join(line for line in BLOCK_SHEET.splitlines() if not line.startswith(f"{key} "))
    assert missing(note_of(femoral_block(), tmp_path, sheet(text))) == {key}


def test_an_answer_to_a_field_of_another_kind_of_procedure_is_shown(tmp_path: Path) -> None:
    assert text_of(note_of(femoral_block(), tmp_path, sheet(lot="A1")), "Lot") == "A1"


def test_toxin_is_listed_by_muscle_with_its_total_of_units(tmp_path: Path) -> None:
    page = note_of(ScriptedProcedure("botulinum-fds"), tmp_path, sheet(TOXIN_SHEET))
    (table,) = [section.table for section in page.sections if section.table]
    assert table.header == (
        "Muscle",
        "Side",
        "Sites",
        "Units",
        "Volume (mL)",
        "Guidance",
        "EMG activity",
        "Units a site",
        "Of session",
    )
    assert table.rows[0] == (
        "flexor digitorum superficialis", "right", "2", "30", "0.6", "EMG and stimulation", "brisk", "15", "7.5 %",
    )  # fmt: skip
    assert len(table.rows) == 2
    assert text_of(page, "Total units").startswith(
        "50 units of onabotulinumtoxinA, 12.5 % of the limit for spasticity, 400 U;"
    )
    assert text_of(page, "Lot") == "LOT-C4711"
    assert not [key for key in missing(page) if key.startswith("muscles.")]


def test_toxin_guided_by_stimulation_has_the_currents_too(tmp_path: Path) -> None:
    procedure = femoral_block(injected=False)
    procedure.protocol = "botulinum-fds"
    page = note_of(procedure, tmp_path, sheet(TOXIN_SHEET))
    assert text_of(page, "Minimum current and its duration").startswith("0.40 mA")
    assert "5 pulses" in text_of(page, "Technique of localisation")


def test_what_is_missing_of_a_muscle_is_named(tmp_path: Path) -> None:
    page = note_of(ScriptedProcedure("botulinum-fds"), tmp_path, sheet("[muscles.fds]\nunits = 30\n"))
    assert {"muscles.fds.side", "muscles.fds.guidance", "muscles.fds.emg_activity"} <= missing(page)
    left_out = sheet("[muscles.fds]\nunits = 'not done: cramp'\n")
    assert not [
        k for k in missing(note_of(ScriptedProcedure("botulinum-fds"), tmp_path / "out", left_out)) if "fds" in k
    ]
    none_named = note_of(ScriptedProcedure("botulinum-fds"), tmp_path / "none", sheet(""))
    assert "muscles.NAME.units" in missing(none_named)


def test_a_protocol_not_known_here_any_more_still_makes_a_note(tmp_path: Path) -> None:
    page = note_of(ScriptedProcedure("botulinum-of-this-site"), tmp_path)
    assert "product" in missing(page)
    assert "this program no longer has this protocol" in text_of(page, "Protocol")


def test_a_procedure_in_which_nothing_happened_requires_every_field(tmp_path: Path) -> None:
    page = note_of(ScriptedProcedure(), tmp_path)
    assert {"technique", "minimum_current", "no_response_below", "drug", "aspiration"} <= missing(page)


def test_control_characters_of_the_record_are_not_in_the_note(tmp_path: Path) -> None:
    procedure = femoral_block()
    procedure.entry(5.0, "note", text="\x1b[31mred\x07\nsecond line")
    page = note_of(procedure, tmp_path)
    assert all(part.text.isprintable() for part in some(all_sentences(page)))
    assert "[31mred second line" in text_of(page, "Other entries")


def test_the_stream_converts_device_time_to_the_time_of_day(tmp_path: Path) -> None:
    stream = EventQuery([{"kind": "start", "seq": 0, "t": 0.0, "wall_time": "2026-03-14T09:26:53+01:00"}])
    assert stream.clock(3.4) == "09:26:56"
