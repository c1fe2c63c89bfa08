"""A form without a screen: choices, refusals, what is missing, and where Enter goes next."""

from __future__ import annotations

import pytest

from guidance.ui.forms import Form, FormChoice, FormItem

SIDE = FormItem("side", "Side", "left or right", (FormChoice("left"), FormChoice("right")), closed=True)
PAIN = FormItem("pain", "Pain", "words", (FormChoice("none"),))
REMARK = FormItem("remark", "Remark", "words", required=False)
HIDDEN = FormItem("rate", "Rate", "words", required=False, usual=False)


def test_it_begins_at_the_first_item_without_an_answer_and_counts_the_required_ones() -> None:
    form = Form((SIDE, PAIN, REMARK), {"side": "left"})
    assert form.here is PAIN
    assert form.counts == (1, 2)
    assert form.missing == (PAIN,)


def test_enter_visits_usual_items_then_what_is_missing_then_the_end() -> None:
    form = Form((SIDE, PAIN, REMARK, HIDDEN))
    form.go_to("pain")
    form.to_next_open()
    assert form.here is REMARK
    form.to_next_open()
    assert form.here is SIDE
    form.answers |= {"side": "left", "pain": "none"}
    form.go_to("remark")
    form.to_next_open()
    assert form.here is None


@pytest.mark.parametrize(("typed", "answer"), [("1", "left"), ("2", "right"), ("ri", "right"), ("LEFT", "left")])
def test_a_choice_is_answered_by_its_number_or_its_beginning(typed: str, answer: str) -> None:
    assert SIDE.answer_of(typed) == answer


@pytest.mark.parametrize("typed", ["3", "up", "99999999999999999999", "²"])
def test_what_is_no_choice_is_refused_and_changes_nothing(typed: str) -> None:
    form = Form((SIDE,))
    with pytest.raises(ValueError, match="Side must be left or right"):
        form.answer(typed)
    assert form.answers == {}


def test_text_may_replace_a_choice_only_where_the_item_is_open() -> None:
    assert PAIN.answer_of("1") == "none"
    assert PAIN.answer_of("a little on contact") == "a little on contact"


def test_control_codes_go_and_a_text_of_ten_thousand_characters_is_refused() -> None:
    assert PAIN.answer_of("a\x1b[31m\x00 b\n\tc") == "a[31m b c"
    with pytest.raises(ValueError, match="Pain: 10000 characters are too many"):
        PAIN.answer_of("x" * 10_000)


def test_an_answer_removes_the_mark_of_its_origin_and_can_be_cleared() -> None:
    form = Form((SIDE,), {"side": "left"}, {"side": "site default"})
    form.go_to("side")
    assert form.answer("2") == "side"
    assert (form.answers, form.origins) == ({"side": "right"}, {})
    form.clear()
    assert form.missing == (SIDE,)


def test_new_items_keep_the_place() -> None:
    form = Form((SIDE, PAIN))
    form.go_to("pain")
    form.replace_items((REMARK, SIDE, PAIN))
    assert form.here is PAIN
