"""What the operator leaves the screen with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Parting:
    """Filled in by the screen as it is left: the ``folder`` of the procedure whose note is to be signed, if any."""

    folder: str | None = None
