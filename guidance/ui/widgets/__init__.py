"""The parts of the screen, one per file. Each draws a Snapshot onto its own Canvas and knows no other part."""

from __future__ import annotations
