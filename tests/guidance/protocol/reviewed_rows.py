"""What a clinical review found wrong, row by row, with the tests that hold what is right now.

``uv run python -m tests.guidance.protocol.reviewed_rows`` prints the table.
"""

from __future__ import annotations

REVIEWED = "guidance/protocol/test_reviewed.py"
ROWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("the striatal toe is treated in its extensor", (
        f"{REVIEWED}::test_the_striatal_toe_is_treated_in_the_extensor_never_in_the_flexor",
    )),
    ("the step at the lower bound comes from the sheet's own bounds", (
        f"{REVIEWED}::test_the_step_at_the_lower_bound_comes_from_the_sheets_own_bounds",
        f"{REVIEWED}::test_the_lumbar_plexus_is_never_sought_below_its_bound",
    )),
    ("lumbar plexus: depth guard, test dose, epidural spread, neuraxial rule", (
        f"{REVIEWED}::test_the_lumbar_plexus_has_its_depth_guard_test_dose_risks_and_neuraxial_rule",
    )),
    ("one session limit for each product and indication", (
        f"{REVIEWED}::test_a_session_has_one_limit_for_each_product_and_indication_in_one_place",
    )),
    ("popliteal: inversion, then plantar flexion", (
        f"{REVIEWED}::test_plantar_flexion_is_accepted_at_the_popliteal_fossa_before_dorsiflexion_and_eversion",
    )),
    ("transgluteal: eversion needs a supplement", (
        f"{REVIEWED}::test_eversion_at_the_buttock_states_that_it_needs_a_supplement_and_dorsiflexion_is_listed",
    )),
    ("axillary median: thenar 8 to 13 ms", (f"{REVIEWED}::test_the_latencies_are_those_that_the_sources_support",)),
    ("a leg block's window reaches 35 ms", (
        f"{REVIEWED}::test_a_leg_blocks_window_reaches_35_ms_and_holds_every_expected_response",
    )),
    ("latencies of popliteal and interscalene", (
        f"{REVIEWED}::test_the_latencies_are_those_that_the_sources_support",
    )),
    ("a nerve disease changes what zones and no response mean", (
        "guidance/cli/test_cautions.py::test_a_nerve_disease_states_what_zones_and_no_response_no_longer_mean",
        "guidance/engine/test_judged.py::test_a_nerve_disease_stands_beside_the_judgement",
        "guidance/note/test_contradictions.py::test_a_nerve_disease_changes_what_no_response_means",
    )),
    ("the rescue card: one guideline, instructions first, rounded volumes", (
        f"{REVIEWED}::test_the_rescue_card_has_every_instruction_of_one_guideline_before_its_sources",
        "guidance/cli/test_dose.py::test_the_rescue_card_leads_with_the_volumes_for_this_weight",
        "guidance/ui/test_stop_page.py::test_the_rescue_card_is_one_key_away_on_every_page_and_leads_back",
    )),
    ("radiculopathy needs two muscles and two nerves", (
        "guidance/analysis/test_roots.py::test_without_two_muscles_of_one_root_by_different_nerves_it_is_not_assessable",
        "guidance/analysis/test_roots.py::test_one_abnormal_muscle_beside_a_normal_one_of_its_root_suggests_no_root",
    )),
    ("spontaneous activity is firm only in epochs marked as rest", (
        "guidance/analysis/test_spontaneous.py::test_activity_outside_an_epoch_marked_as_rest_stays_undecided_and_names_the_option",
        "guidance/analysis/test_spontaneous.py::test_the_healthy_record_has_no_abnormal_activity",
    )),
    ("conduction: references, temperature, sensory study", (
        "guidance/analysis/test_conduction.py::test_motor_limits_are_those_of_adults",
        "guidance/cli/test_analyse.py::test_motor_conduction_alone_states_the_temperature_and_that_it_is_insensitive",
        "guidance/analysis/test_comparison.py::test_in_a_cold_limb_slow_conduction_is_undecided",
        "guidance/analysis/test_nerve_studies.py::test_a_number_without_a_published_range_has_no_reference",
        "guidance/analysis/test_conduction.py::test_a_late_median_and_a_normal_ulnar_nerve_suggest_carpal_tunnel",
    )),
    ("down-training runs on the resting baseline", (
        "guidance/biofeedback/test_down_training.py::test_the_line_of_relaxation_is_the_limit_of_rest_and_no_effort_is_measured",
        "guidance/biofeedback/test_down_training.py::test_a_muscle_a_little_above_its_own_rest_reaches_no_trial",
        "guidance/biofeedback/test_visits.py::test_a_sites_sheet_with_the_wrong_line_is_refused_in_a_sentence",
    )),
    ("the demo fits its protocol; above the limit there is no number", (
        "drivers/simulated/test_target.py::test_the_demo_of_every_protocol_has_the_protocols_muscle_and_latency",
        "guidance/ui/test_estimate.py::test_a_threshold_above_the_limit_is_shown_as_that_and_never_as_a_number",
        "guidance/note/test_note.py::test_a_threshold_above_the_limit_is_stated_without_a_number_of_its_own",
        "guidance/export/test_export.py::test_a_threshold_above_the_limit_is_a_bound_in_fhir_and_no_number",
    )),
    ("no letter and no topical label as a source", (
        f"{REVIEWED}::test_obturator_rests_on_no_letter_as_a_source",
        f"{REVIEWED}::test_no_limit_of_a_local_anaesthetic_rests_on_a_topical_label_or_on_a_page_that_restates_labels",
    )),
    ("the volume's upper end and the units are limits; over a limit is a status", (
        "guidance/dose/test_volume_limit.py::test_an_aliquot_beyond_the_protocols_volume_is_held_until_a_reason_is_given",
        "guidance/dose/test_toxin_session.py::test_units_beyond_a_muscles_limit_are_held_until_a_reason_is_given",
        "guidance/cli/test_dose.py::test_the_verdict_grows_with_the_dose_and_over_the_limit_it_is_the_status",
    )),
    ("volumes are ranges", (f"{REVIEWED}::test_a_volume_is_a_range_not_a_point",)),
    ("toxin limits of wrist flexors, gastrocnemius, hamstrings", (
        f"{REVIEWED}::test_toxin_limits_of_the_wrist_flexors_are_the_labels_and_a_muscle_of_two_heads_is_one",
    )),
    ("a needle reaches piriformis", (f"{REVIEWED}::test_a_needle_reaches_piriformis",)),
    ("tibial nerve at knee and ankle apart", (
        f"{REVIEWED}::test_the_tibial_nerve_has_a_sheet_for_the_knee_and_one_for_the_ankle",
    )),
    ("no alias is a complaint; ulnar nerve above the elbow", (
        f"{REVIEWED}::test_no_alias_is_a_complaint_or_names_the_opposite_movement",
        f"{REVIEWED}::test_the_ulnar_nerve_is_blocked_above_the_elbow_not_in_its_sulcus",
    )),
    ("interscalene and supraclavicular: responses and risks", (
        f"{REVIEWED}::test_the_interscalene_block_accepts_the_whole_plexus_and_names_its_risks",
    )),
    ("levator scapulae and trapezius have their own cues", (
        f"{REVIEWED}::test_levator_scapulae_and_trapezius_have_cues_of_their_own",
    )),
    ("age, frailty, prilocaine, toxin cautions, every product", (
        f"{REVIEWED}::test_age_frailty_and_pregnancy_state_what_is_known_and_that_no_figure_is",
        f"{REVIEWED}::test_prilocaine_warns_of_methaemoglobinaemia",
        f"{REVIEWED}::test_toxin_cautions_name_junction_disease_aminoglycosides_swallowing_and_pregnancy",
        f"{REVIEWED}::test_every_product_on_the_market_has_its_table",
        "guidance/cli/test_cautions.py::test_age_frailty_and_pregnancy_state_what_the_source_gives_and_that_no_figure_is_known",
    )),
)  # fmt: skip
"""What is right now, and the tests that hold it, in the order of the review."""


def table() -> str:
    """Return the table in Markdown."""
    lines = ["| row | what is right now | held by |", "| --- | --- | --- |"]
    for number, (words, tests) in enumerate(ROWS, 1):
        held = ", ".join(f"`{test.partition('::')[2]}`" for test in tests) or "nothing yet"
        lines.append(f"| {number} | {words} | {held} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
