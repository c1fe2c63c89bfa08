"""The result of a device check without a fault."""

from __future__ import annotations

from drivers.base import Limits
from guidance.device_check.check import ChannelCheck, CheckResult, RoundTrip
from guidance.device_check.clock import ClockDrift

GOOD = CheckResult(
    address="ona:x", model="Fake", serial="1", firmware="2", seconds=5.0, nominal_rate_hz=10_000.0,
    measured_rate_hz=10_000.1, drift=ClockDrift(10.0, 5.0), channels=(ChannelCheck("EMG", 5.0, 2.0, 0.0, False),),
    samples=50_000, lost_samples=0, bad_frames=0, impedance_kohm=9.0, battery_percent=90, fault=None,
    limits=Limits(6.0, 0.01, 0.05, 1.0, 10.0), round_trip=RoundTrip(10, 1.0, 3.0),
)  # fmt: skip
