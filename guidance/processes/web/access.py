"""Who may see the view in a browser: whoever has an unused address, from this machine, and no other page."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

MOST_VIEWS = 2
"""Browsers at a time. Each has a process that draws a screen; a judgement, for a computer with two cores."""

_TOKEN_BYTES = 24
"""192 bits: guessing one at a million requests a second takes longer than the Earth is old."""

_OWN_PAGE = {"none", "same-origin"}
"""Values of Sec-Fetch-Site that a browser sends for an address that a person opened, and for the view's own page."""


class Access:
    """The addresses that let a browser in, each once.

    An address holds a token. Who opens it spends the token and receives a ticket, with which the page opens its
    connection as often as it is lost. A reloaded page needs a new address.
    """

    def __init__(self, host: str, port: int) -> None:
        """Let in browsers that reach the server as ``host`` or as localhost, at ``port``."""
        name = f"[{host}]" if ":" in host else host
        self._hosts = {f"{name}:{port}", f"localhost:{port}"}
        if port == 80:  # browsers leave the usual port out
            self._hosts |= {name, "localhost"}
        self._origins = {f"http://{known}" for known in self._hosts}
        self._place = f"http://{name}:{port}"
        self._tickets: set[str] = set()
        self._token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._views = 0

    @property
    def address(self) -> str:
        """The address that works now, once."""
        return f"{self._place}/watch/{self._token}"

    def refusal(self, headers: Mapping[str, str]) -> str | None:
        """Return why a request with ``headers`` is refused; None where it comes from an own page or an opened address.

        The Host shows a name of another site that was made to lead here; Sec-Fetch-Site and Origin show another page.
        """
        if headers.get("Host") not in self._hosts:
            return "This server does not answer to that name."
        if headers.get("Sec-Fetch-Site", "none") not in _OWN_PAGE:
            return "Another page may not use this server; open the address itself."
        origin = headers.get("Origin")
        if origin is not None and origin not in self._origins:
            return "Another page may not use this server."
        return None

    def spend(self, token: str) -> str | None:
        """Return a ticket for ``token``, which then works no more; None where it is not the one that works."""
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            return None
        self._token = secrets.token_urlsafe(_TOKEN_BYTES)
        ticket = secrets.token_urlsafe(_TOKEN_BYTES)
        self._tickets.add(ticket)
        return ticket

    def begin_view(self, ticket: str, headers: Mapping[str, str]) -> str | None:
        """Count a view that ``ticket`` opens; return why it is refused, None where it is not."""
        if ticket not in self._tickets or headers.get("Origin") not in self._origins:
            return "This connection needs an address that was not used before."
        if self._views >= MOST_VIEWS:
            return f"{MOST_VIEWS} browsers watch already; close one."
        self._views += 1
        return None

    def end_view(self) -> None:
        """Count a view that has ended."""
        self._views -= 1
