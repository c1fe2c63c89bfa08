"""Who may see the view in a browser: an unused address, from this machine, and from no other page."""

from __future__ import annotations

import pytest

from guidance.processes.web.access import MOST_VIEWS, Access

OWN = {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"}


@pytest.fixture
def access() -> Access:
    return Access("127.0.0.1", 8000)


def token_of(access: Access) -> str:
    return access.address.rpartition("/")[2]


def test_an_address_works_once_and_the_next_one_differs(access: Access) -> None:
    token = token_of(access)
    assert access.spend(token)
    assert access.spend(token) is None
    assert token_of(access) != token
    assert access.spend(token_of(access))


@pytest.mark.parametrize("token", ["", "x", "ü", "x" * 10_000])
def test_a_guessed_token_lets_nobody_in_and_spends_nothing(access: Access, token: str) -> None:
    right = token_of(access)
    assert access.spend(token) is None
    assert token_of(access) == right


@pytest.mark.hazard("foreign-viewer")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "evil.example"},
        {"Host": "evil.example:8000"},
        {"Host": "127.0.0.1:9000"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:8000", "Origin": "http://evil.example"},
        {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:9000"},
        {"Host": "127.0.0.1:8000", "Origin": "https://127.0.0.1:8000"},
        {"Host": "127.0.0.1:8000", "Origin": "null"},
        {"Host": "127.0.0.1:8000", "Sec-Fetch-Site": "cross-site"},
        {"Host": "127.0.0.1:8000", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_name_or_another_page_is_refused(access: Access, headers: dict[str, str]) -> None:
    assert access.refusal(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "127.0.0.1:8000"},
        {"Host": "localhost:8000", "Sec-Fetch-Site": "none"},
        {**OWN, "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_an_opened_address_and_the_own_page_are_not_refused(access: Access, headers: dict[str, str]) -> None:
    assert access.refusal(headers) is None


def test_a_view_needs_a_ticket_and_the_own_page(access: Access) -> None:
    ticket = access.spend(token_of(access))
    assert ticket is not None
    assert access.begin_view("guessed", OWN)
    assert access.begin_view(ticket, {"Host": "127.0.0.1:8000"})
    assert access.begin_view(ticket, {"Origin": "http://evil.example"})
    assert access.begin_view(ticket, OWN) is None


def test_the_number_of_views_is_limited_and_an_ended_one_makes_room(access: Access) -> None:
    ticket = access.spend(token_of(access))
    assert ticket is not None
    assert [access.begin_view(ticket, OWN) for _ in range(MOST_VIEWS)] == [None] * MOST_VIEWS
    assert "close one" in (access.begin_view(ticket, OWN) or "")
    access.end_view()
    assert access.begin_view(ticket, OWN) is None


def test_an_address_in_version_6_has_brackets() -> None:
    assert Access("::1", 8000).address.startswith("http://[::1]:8000/watch/")
