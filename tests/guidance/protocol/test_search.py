"""The words that clinicians use find protocols."""

from __future__ import annotations

from pathlib import Path

import pytest

from guidance.protocol import ProtocolError, names, resolve
from guidance.protocol.search import search


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("interscalene", "interscalene"),
        ("ISB", "interscalene"),
        ("FDS", "botulinum-fds"),
        ("flexor digitorum superficialis", "botulinum-fds"),
        ("piriformis", "piriformis"),
        ("psoas", "lumbar-plexus"),
        ("intrascalene", "interscalene"),
        ("torticolis", "botulinum-levator-scapulae"),
        ("gastroc", "botulinum-gastrocnemius"),
    ],
)
def test_words_lead_first_to_what_they_mean(words: str, first: str) -> None:
    assert search(words)[0] == first


def test_words_of_several_protocols_lead_to_all() -> None:
    assert {"sciatic-transgluteal", "sciatic-anterior", "popliteal"} <= set(search("sciatic"))
    assert {"piriformis", "botulinum-piriformis"} <= set(search("piriformis"))


@pytest.mark.parametrize("words", ["", "   ", "--", "qqqq", "\0", "é" * 300])
def test_unknown_words_find_nothing(words: str) -> None:
    assert search(words) == []


@pytest.mark.parametrize("name", names())
def test_every_identifier_resolves_to_itself_and_ranks_first(name: str) -> None:
    assert resolve(name) == name
    assert search(name)[0] == name


@pytest.mark.parametrize(("word", "name"), [("fds", "botulinum-fds"), ("FNB", "femoral"), ("scm", "botulinum-scm")])
def test_a_name_of_exactly_one_protocol_resolves_to_it(word: str, name: str) -> None:
    assert resolve(word) == name


@pytest.mark.parametrize(
    ("word", "suggested"),
    [
        ("intrascalene", "interscalene"),
        ("axb", "axillary-median"),
        ("sciatic", "sciatic-anterior"),
        ("popliteel", "pop"),
    ],
)
def test_an_ambiguous_name_is_never_guessed_but_suggestions_are_given(word: str, suggested: str) -> None:
    with pytest.raises(ProtocolError, match=suggested):
        resolve(word)


def test_a_name_like_no_other_points_to_the_list() -> None:
    with pytest.raises(ProtocolError, match=r"'qqqq'.*generic-block.*protocols list"):
        resolve("qqqq")


def test_a_file_of_the_site_that_does_not_hold_is_still_known_by_name(site: Path) -> None:
    (site / "our-own.toml").write_text("= 5", encoding="utf-8")
    assert "our-own" in search("our own")
