"""Simulated procedures with measured artefacts, and what detectors make of them: ours and the field's."""

from __future__ import annotations
