"""The parts of the screen, one a file. Each draws one Snapshot onto its own Canvas and knows no other part."""

from __future__ import annotations
