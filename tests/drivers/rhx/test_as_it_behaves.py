"""The RHX driver against what RHX 3.4.0 was seen to do, one section for each of seven behaviours."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from drivers.base import DeviceError, DeviceInfo, DeviceRefused, PulseSkipped
from guidance.device_check import check
from guidance.signal.pipeline import SignalPipeline
from tests.drivers.reading import read_for
from tests.drivers.rhx.bench import give, opened, outcome, outcomes, pulses_of, started
from tests.drivers.rhx.fake_rhx import FakeRhx

STIMULATE = "&channels=a-000&stimulate=a-010"


@pytest.fixture
def rhx() -> Iterator[FakeRhx]:
    fake = FakeRhx()
    yield fake
    fake.close()


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a pulse come late: the subject is another, and the computer that tests may be busy."""
    monkeypatch.setattr("drivers.rhx.stimulator.STALE_S", 10.0)


# 1. What follows the start of a run in the same segment waits for its end.


@pytest.mark.parametrize("kind", ["ControllerStimRecord", "ControllerRecordUSB3"])
def test_every_start_streams_and_every_close_leaves_rhx_stopped(kind: str) -> None:
    rhx = FakeRhx(kind=kind)
    for _ in range(4):
        amplifier = opened(rhx)
        amplifier.start()
        assert read_for(amplifier, 0.1)
        amplifier.close()
        assert not rhx.running
        rhx.press_connect()
    rhx.close()


# 2. The stream shows that a channel stimulates, and with which current only where that was set before the run.


@pytest.mark.parametrize("before_ua", [0, 300, 400, 1000], ids=["zero", "smaller", "equal", "larger"])
@pytest.mark.usefixtures("unhurried")
def test_requested_given_and_recorded_currents_are_equal_whatever_was_set_before(rhx: FakeRhx, before_ua: int) -> None:
    rhx.use("a-010", firstphaseamplitudemicroamps=before_ua, secondphaseamplitudemicroamps=before_ua)
    amplifier = started(rhx, STIMULATE)
    requested = [0.4, 0.2, 0.4, 1.0]
    recorded = give(amplifier, requested)
    given = [each.current_ma for each in rhx.given]
    amplifier.close()
    assert given == pytest.approx(requested)
    assert [pulse.current_ma for pulse in recorded] == pytest.approx(requested)
    assert [pulse.requested_ma for pulse in recorded] == pytest.approx(requested)


# 3. Every enabled channel with the same source fires.


@pytest.mark.parametrize("other", ["a-020", "analog-out-1", "digital-out-02"])
def test_it_does_not_arm_while_another_channel_is_enabled_and_names_it(rhx: FakeRhx, other: str) -> None:
    rhx.use(other, stimenabled=True, source="keypressf1")
    amplifier = started(rhx, STIMULATE)
    amplifier.enable(True)
    error = outcome(amplifier, [])
    amplifier.close()
    assert isinstance(error, DeviceRefused)
    assert other.upper() in str(error)
    assert f"disable={other}" in str(error)
    assert not rhx.given


# 4. What an earlier user set survives.

LEFT = {"posttriggerdelaymicroseconds": 500_000, "refractoryperiodmicroseconds": 1_000_000, "triggerhighorlow": "low"}


@pytest.mark.usefixtures("unhurried")
def test_pulses_come_at_once_and_all_of_them_whatever_delay_and_refractory_period_were_left(rhx: FakeRhx) -> None:
    rhx.use("a-010", **LEFT)
    amplifier = started(rhx, STIMULATE)
    recorded = give(amplifier, [0.4, 0.4, 0.4])
    amplifier.close()
    assert len(recorded) == 3
    assert [pulse.sample for pulse in recorded] == [given.sample for given in rhx.given]


@pytest.mark.usefixtures("unhurried")
def test_at_the_end_the_parameters_are_as_they_were_and_the_channel_is_off(rhx: FakeRhx) -> None:
    rhx.use("a-010", **LEFT, source="digitalin03", firstphaseamplitudemicroamps=700, shape="triphasic")
    before = {name: rhx.value(name) for name in rhx.values if name.startswith("a-010.")}
    amplifier = started(rhx, STIMULATE)
    give(amplifier, [0.4])
    amplifier.close()
    assert {name: rhx.value(name) for name in before} == before
    assert rhx.value("a-010.stimenabled") == "False"
    assert rhx._uploaded["a-010"]["stimenabled"] == "False"


def test_a_channel_that_a_killed_program_left_enabled_is_switched_off_at_the_start_with_a_note(
    rhx: FakeRhx,
) -> None:
    rhx.use("a-010", stimenabled=True, source="keypressf1", firstphaseamplitudemicroamps=500)
    amplifier = started(rhx, STIMULATE)
    rhx.trigger("f1")
    assert not rhx.given
    assert any("A-010" in note and "enabled" in note for note in amplifier.info.notes)
    amplifier.close()


# 5. An upload while running makes RHX leave its continuous mode for a moment.


@pytest.mark.usefixtures("unhurried")
def test_while_running_it_uploads_to_arm_and_for_each_new_current_and_nothing_else(rhx: FakeRhx) -> None:
    amplifier = started(rhx, STIMULATE)
    give(amplifier, [0.4, 0.4, 0.5, 0.5])
    amplifier.close()
    assert rhx.uploads_running == 3


# 6. A reply may take 0.3 s while it runs.


def test_a_pulse_that_is_not_ready_in_time_is_skipped_by_then_and_the_output_stays_on(rhx: FakeRhx) -> None:
    amplifier = started(rhx, STIMULATE)
    amplifier.enable(True)
    assert outcome(amplifier, []) is None
    rhx.round_s = lambda: 0.45
    requested_s = time.monotonic()
    amplifier.pulse_once(0.4, 0.2)
    assert isinstance(outcome(amplifier, []), PulseSkipped)
    assert time.monotonic() - requested_s < 0.45
    rhx.round_s = lambda: 0.01
    read_for(amplifier, 0.8)
    amplifier.pulse_once(0.4, 0.2)
    assert outcome(amplifier, []) is None
    assert len(pulses_of(read_for(amplifier, 0.3))) == rhx.fired == 1
    amplifier.close()


def test_a_pulse_requested_together_with_arming_is_given_though_a_reply_takes_long(rhx: FakeRhx) -> None:
    amplifier = started(rhx, STIMULATE)
    rhx.round_s = lambda: 0.1
    amplifier.enable(True)
    amplifier.pulse_once(0.4, 0.2)
    assert outcomes(amplifier, 2, []) == [None, None]
    assert len(pulses_of(read_for(amplifier, 0.5))) == rhx.fired == 1
    rhx.round_s = lambda: 0.0
    amplifier.close()


# 7. Errors that mislead.


def test_a_channel_that_is_not_there_is_named_with_those_that_are(rhx: FakeRhx) -> None:
    with pytest.raises(DeviceRefused, match=r"no channel A-099.*A-000 to A-031") as refused:
        opened(rhx, "&channels=a-099").start()
    assert "Unrecognized" not in str(refused.value)


def test_another_program_on_the_data_port_is_not_taken_for_rhx(rhx: FakeRhx) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = threading.Event()
        thread = threading.Thread(target=_chatter, args=(other, ended))
        thread.start()
        rhx.data_port = other.getsockname()[1]
        amplifier = opened(rhx)
        with pytest.raises(DeviceError, match="not RHX"):
            amplifier.start()
        amplifier.close()
        ended.set()
        thread.join()
    assert not rhx.running


def _chatter(server: socket.socket, ended: threading.Event) -> None:
    client, _ = server.accept()
    with client:
        while not ended.wait(0.01):
            client.sendall(b"220 another server greets you\r\n" * 50)


def test_a_recording_of_somebody_else_is_not_to_be_stopped(rhx: FakeRhx) -> None:
    rhx.feed("set runmode record")
    amplifier = opened(rhx)
    with pytest.raises(DeviceRefused, match="is recording") as refused:
        amplifier.start()
    amplifier.close()
    assert "press Stop" not in str(refused.value)
    assert rhx.running


def test_check_counts_the_seconds_that_it_was_given(rhx: FakeRhx, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(SignalPipeline):
        def __init__(self, info: DeviceInfo, window_ms: tuple[float, float], _: None, *, listen: bool) -> None:
            time.sleep(0.5)
            super().__init__(info, window_ms, None, listen=listen)

    monkeypatch.setattr(check, "SignalPipeline", Slow)
    found = check.check_device(rhx.address, 1.0)
    assert found.samples / found.nominal_rate_hz < 1.15


@pytest.mark.usefixtures("unhurried")
def test_python_that_ends_without_closing_leaves_nothing_that_the_next_start_cannot_mend(rhx: FakeRhx) -> None:
    amplifier = started(rhx, STIMULATE)
    give(amplifier, [0.4])
    for client in rhx._clients:
        client.shutdown(socket.SHUT_RDWR)
    time.sleep(0.05)
    rhx.press_connect()
    second = opened(rhx)
    with pytest.raises(DeviceRefused, match="running already"):
        second.start()
    second.close()
    rhx.feed("set runmode stop")
    time.sleep(0.05)
    rhx.press_connect()
    again = started(rhx, STIMULATE)
    assert [pulse.current_ma for pulse in give(again, [0.4])] == pytest.approx([0.4])
    again.close()
    amplifier.close()
    assert rhx.value("a-010.stimenabled") == "False"


@pytest.mark.usefixtures("unhurried")
def test_marks_are_read_from_the_stream_alone_where_nothing_was_requested(rhx: FakeRhx) -> None:
    amplifier = started(rhx, STIMULATE)
    give(amplifier, [0.4])
    rhx.trigger("f1")  # somebody presses F1 in RHX's window
    (pulse,) = pulses_of(read_for(amplifier, 0.2))
    assert pulse.current_ma == pytest.approx(0.4)
    amplifier.close()
