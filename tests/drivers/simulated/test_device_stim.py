"""The stimulator as ONA describes it: settings, trains, single pulses, and the current delivered."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.simulated import messages as ona
from drivers.simulated.messages import COMPLIANCE, OPEN_CIRCUIT, SINGLE_PULSE, Result
from tests.drivers.simulated.wire import Host


@pytest.mark.parametrize(
    ("current_ua", "width_us", "rate_mhz"),
    [(6010, 100, 0), (1005, 100, 0), (1000, 40, 0), (1000, 1001, 0), (1000, 100, 10_001)],
)
def test_a_setting_outside_the_limits_changes_nothing(current_ua: int, width_us: int, rate_mhz: int) -> None:
    host = Host()
    host.start(enabled=True, current_ua=700, rate_mhz=5000)
    assert host.set(current_ua, width_us, rate_mhz) is Result.OUT_OF_RANGE
    host.run(450)
    assert [(s["requested_ua"], s["width_us"]) for s in host.stims()] == [(700, 100), (700, 100)]


def test_a_train_comes_at_its_rate_with_subsample_offsets() -> None:
    host = Host(rate=10_000)
    host.start(enabled=True, rate_mhz=3000)
    host.run(2010)
    times = [s["sample"] / 10_000 + s["offset_ns"] * 1e-9 for s in host.stims()]
    np.testing.assert_allclose(times, np.arange(1, 7) / 3, atol=1e-6)
    assert any(s["offset_ns"] for s in host.stims())


def test_the_train_follows_a_new_setting() -> None:
    host = Host()
    host.start(enabled=True, current_ua=500, rate_mhz=5000)
    host.run(410)
    host.set(800, 200, 10_000)
    host.run(300)
    assert [(s["requested_ua"], s["width_us"]) for s in host.stims()] == [(500, 100)] * 2 + [(800, 200)] * 3


def test_once_gives_one_pulse_at_once() -> None:
    host = Host(rate=10_000)
    host.start(enabled=True)
    host.run(101)
    assert host.once(1200) is Result.DONE
    host.run(50)
    (stim,) = host.stims()
    assert (stim["sample"], stim["requested_ua"], stim["delivered_ua"], stim["flags"]) == (
        1010,
        1200,
        1200,
        SINGLE_PULSE,
    )


def test_once_is_reported_even_if_the_host_stops_at_once() -> None:
    host = Host()
    host.start(enabled=True)
    host.once(1000)
    host.send(ona.STOP)
    assert len(host.stims()) == 1


def test_once_checks_state_and_limits() -> None:
    host = Host()
    assert host.once(1000) is Result.NOT_IN_THIS_STATE
    host.start()
    assert host.once(1000) is Result.NOT_IN_THIS_STATE
    host.start(enabled=True)
    assert host.once(6010) is Result.OUT_OF_RANGE
    host.run(100)
    assert host.stims() == []


def test_an_open_circuit_is_reported_and_delivers_nothing() -> None:
    host = Host()
    host.device.faults.open_circuit = True
    host.start(enabled=True, rate_mhz=5000)
    host.run(250)
    (stim,) = host.stims()
    assert (stim["delivered_ua"], stim["flags"], stim["impedance"]) == (0, OPEN_CIRCUIT, 0xFFFF)
    evoked = host.device.patient.truth().evoked
    assert evoked is not None
    assert (evoked.current_ma, evoked.recruited) == (0.0, 0.0)


def test_the_compliance_limit_cuts_the_current_by_the_impedance() -> None:
    host = Host()
    host.device.faults.impedance_kohm = 40.0
    host.start(enabled=True, current_ua=5000, rate_mhz=5000)
    host.run(250)
    (stim,) = host.stims()
    assert (stim["requested_ua"], stim["delivered_ua"]) == (5000, 2000)
    assert (stim["flags"], stim["impedance"]) == (COMPLIANCE, 4000)


def test_a_pulse_leaves_its_artefact_where_the_frame_puts_it() -> None:
    host = Host(seed=4, rate=10_000)
    host.start(enabled=True, current_ua=3000, rate_mhz=5000)
    host.run(300)
    at = host.stims()[0]["sample"]
    steps = np.abs(np.diff(host.lsb()[:, 0]))
    assert abs(int(steps.argmax()) - at) <= 2
