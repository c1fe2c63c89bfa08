"""Conditions under which the interlock permits a pulse."""

from __future__ import annotations

from guidance.stimulation.interlock import InterlockConditions

GOOD = InterlockConditions(
    armed=True, screen_age_s=0.1, signal_age_s=0.01, response_pending=False, without_response=0, storage_ok=True,
    connected=True, lead_off=False, device_fault=None, headless=False,
)  # fmt: skip
