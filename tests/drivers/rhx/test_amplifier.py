"""The Intan RHX driver on a simulated RHX."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from drivers.base import Block, DeviceLost, DeviceNotFound, DeviceRefused, LimitExceeded, OptionRefused
from drivers.rhx.amplifier import IntanRhx
from drivers.rhx.samples import microvolts
from tests.drivers.reading import read_for
from tests.drivers.rhx.bench import opened, outcome, pulses_of, started
from tests.drivers.rhx.fake_rhx import FakeRhx, wide


@pytest.fixture
def rhx() -> Iterator[FakeRhx]:
    fake = FakeRhx()
    yield fake
    fake.close()


def test_channels_come_in_order_and_in_microvolts(rhx: FakeRhx) -> None:
    amplifier = opened(rhx, "&channels=a-003,a-001")
    assert [channel.name for channel in amplifier.info.channels] == ["A-001", "A-003"]
    amplifier.start()
    blocks = read_for(amplifier, 0.2)
    samples = np.concatenate([block.samples for block in blocks])
    times = np.arange(len(samples))
    assert np.array_equal(samples, microvolts(np.stack([wide(times, 1), wide(times, 3)], axis=1)))
    assert blocks[0].first_sample == 0
    amplifier.close()
    assert "set runmode stop" in rhx.received
    assert not rhx.running


def test_recording_requests_small_portions_and_touches_no_stimulus(rhx: FakeRhx) -> None:
    amplifier = opened(rhx)
    amplifier.start()
    read_for(amplifier, 0.05)
    amplifier.close()
    assert "set tcpnumberdatablocksperwrite 1" in rhx.received
    assert not rhx.changes


def test_without_being_named_no_channel_stimulates(rhx: FakeRhx) -> None:
    amplifier = opened(rhx)
    assert amplifier.info.limits is None
    with pytest.raises(DeviceRefused, match="add stimulate=CHANNEL"):
        amplifier.enable(True)
    amplifier.close()


def test_a_recorder_is_refused_as_a_stimulator() -> None:
    rhx = FakeRhx(kind="ControllerRecordUSB3")
    with pytest.raises(DeviceRefused, match="does not stimulate"):
        opened(rhx, "&stimulate=a-010")
    rhx.close()


def test_a_pulse_is_what_the_marker_in_the_stream_shows(rhx: FakeRhx) -> None:
    amplifier = opened(rhx, "&channels=a-000&stimulate=a-010")
    amplifier.start()
    blocks: list[Block] = []
    amplifier.enable(True)
    assert outcome(amplifier, blocks) is None
    amplifier.pulse_once(0.502, 0.2)
    assert outcome(amplifier, blocks) is None
    blocks += read_for(amplifier, 0.1)
    (pulse,) = [pulse for block in blocks for pulse in block.pulses]
    assert pulse.source == "device"
    assert (pulse.current_ma or 0, pulse.width_ms or 0) == pytest.approx((0.5, 0.2))
    assert any(block.first_sample <= pulse.sample < block.end_sample for block in blocks)
    last = rhx.received.index("execute manualstimtriggerpulse f1")
    before = rhx.received[rhx.received.index("set a-010.stimenabled true") : last]
    set_to = [words for words in before if words.startswith("set a-010") and "amplitude" in words]
    read_back = [words for words in before if words.startswith("get a-010") and "amplitude" in words]
    assert len(set_to) == len(read_back) == 2
    amplifier.close()
    assert rhx.value("a-010.stimenabled") == "False"


@pytest.mark.parametrize(
    ("step_ua", "current_ma", "width_ms"),
    [(0.5, 0.2, 0.1), (5, 1.3, 0.1), (5, 0.002, 0.1), (5, 1.0, 9.0), (5, -1, 0.1)],
)
def test_more_than_255_steps_or_a_wrong_width_is_refused_and_nothing_sent(
    step_ua: float, current_ma: float, width_ms: float
) -> None:
    rhx = FakeRhx(step_ua=step_ua)
    amplifier = opened(rhx, "&stimulate=a-010")
    amplifier.start()
    amplifier.enable(True)
    outcome(amplifier, [])
    before = len(rhx.received)
    with pytest.raises(LimitExceeded):
        amplifier.pulse_once(current_ma, width_ms)
    with pytest.raises(LimitExceeded):
        amplifier.set_pulses(current_ma, width_ms, 1.0)
    read_for(amplifier, 0.02)
    assert len(rhx.received) == before
    amplifier.close()
    rhx.close()


def test_a_value_that_did_not_stick_is_refused_and_no_pulse_fired(
    rhx: FakeRhx, monkeypatch: pytest.MonkeyPatch
) -> None:
    amplifier = opened(rhx, "&stimulate=a-010")
    amplifier.start()
    amplifier.enable(True)
    outcome(amplifier, [])
    kept = rhx.value
    monkeypatch.setattr(rhx, "value", lambda name: "500.3" if "a-010.firstphaseamplitude" in name else kept(name))
    amplifier.pulse_once(0.5, 0.1)
    error = outcome(amplifier, [])
    assert isinstance(error, DeviceRefused)
    assert "it is 500.3" in str(error)
    assert "execute manualstimtriggerpulse f1" not in rhx.received
    amplifier.close()


def test_a_train_ends_when_nobody_reads_and_when_switched_off(rhx: FakeRhx) -> None:
    amplifier = opened(rhx, "&stimulate=a-010")
    amplifier.start()
    amplifier.set_pulses(0.5, 0.1, 10.0)
    amplifier.enable(True)
    read_for(amplifier, 0.55)
    time.sleep(0.1)
    fired = rhx.fired
    assert 3 <= fired <= 6
    time.sleep(0.3)
    assert rhx.fired == fired
    amplifier.enable(False)
    read_for(amplifier, 0.3)
    assert rhx.fired == fired
    amplifier.close()


def test_a_digital_input_marks_the_pulses_of_another_stimulator(rhx: FakeRhx) -> None:
    amplifier = opened(rhx, "&sync=2")
    assert amplifier.info.marks_pulses
    amplifier.start()
    pulses = [pulse for block in read_for(amplifier, 0.35) for pulse in block.pulses]
    assert [pulse.sample for pulse in pulses][:2] == [3000, 6000]
    assert {(pulse.source, pulse.current_ma) for pulse in pulses} == {("device", None)}
    amplifier.close()


def test_a_running_rhx_is_left_alone(rhx: FakeRhx) -> None:
    rhx.starved = True
    rhx.feed("set runmode run")
    amplifier = opened(rhx)
    with pytest.raises(DeviceRefused, match="press Stop in RHX"):
        amplifier.start()
    amplifier.close()
    assert [words for words in rhx.received if words.startswith(("set", "execute"))] == ["set runmode run"]


def test_an_rhx_whose_server_is_not_started_is_refused_in_a_sentence(
    rhx: FakeRhx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.rhx.commands.REPLY_S", 0.1)
    rhx.silent = True
    with pytest.raises(DeviceLost, match="Remote TCP Control, Connect"):
        opened(rhx)
    rhx.close()
    with pytest.raises(DeviceNotFound, match="does not listen: in RHX choose"):
        opened(rhx)


def test_what_rhx_does_not_know_is_refused_in_its_own_words(rhx: FakeRhx) -> None:
    del rhx.values["version"]
    with pytest.raises(DeviceRefused, match="reports: Unrecognized parameter"):
        opened(rhx)


def test_blocks_that_were_not_sent_are_a_gap(rhx: FakeRhx) -> None:
    amplifier = opened(rhx)
    amplifier.start()
    before = read_for(amplifier, 0.1)
    rhx.skip = 3
    blocks = [block for block in read_for(amplifier, 0.2) if block.lost_before]
    assert [block.lost_before for block in blocks] == [384]
    assert blocks[0].first_sample >= before[-1].end_sample + 384
    amplifier.close()


def test_bytes_that_are_no_block_are_counted(rhx: FakeRhx) -> None:
    amplifier = opened(rhx)
    amplifier.start()
    rhx.after = b"\x08\x7a\xf0noise"
    blocks = read_for(amplifier, 0.2)
    assert sum(block.bad_frames for block in blocks) == 1
    assert sum(block.lost_before for block in blocks) == 0
    amplifier.close()


def test_a_silent_stream_is_lost(rhx: FakeRhx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IntanRhx, "silence_s", 0.1)
    amplifier = opened(rhx)
    amplifier.start()
    rhx.starved = True
    with pytest.raises(DeviceLost, match=r"has sent nothing for 0\.1 s"):
        read_for(amplifier, 1.0)
    amplifier.close()


@pytest.mark.parametrize(
    "rest",
    [
        "h:0",
        "h:x",
        "h:5000?channels=1",
        "h?stimulate=a-001,a-002",
        "h?sync=17",
        "h?band=low",
        "h?disable=b",
        "h?stimulate=a-001&step_ma=0.1&width_ms=0.1",
        "h?stimulate=a-001,a-002&step_ma=0.1",
        "h?step_ma=0.1&width_ms=1",
        "h?stimulate=a-001&disable=a-001",
        "h?step_ma=0.1&width_ms=0.1&stimulate=" + ",".join(f"a-{n:03d}" for n in range(9)),
    ],
)
def test_a_wrong_address_is_refused_before_anything_is_connected(rest: str) -> None:
    with pytest.raises(OptionRefused):
        IntanRhx(rest).connect()


def test_several_channels_give_currents_that_were_prepared_before_the_run(rhx: FakeRhx) -> None:
    amplifier = started(rhx, "&stimulate=a-010,a-011,a-012&step_ma=0.2&width_ms=0.1")
    assert (amplifier.limits.max_current_ma, amplifier.limits.current_step_ma) == pytest.approx((0.6, 0.2))
    assert (amplifier.limits.min_width_ms, amplifier.limits.max_width_ms) == (0.1, 0.1)
    with pytest.raises(DeviceRefused, match="is off"):
        amplifier.pulse_once(0.2, 0.1)
    blocks: list[Block] = []
    amplifier.enable(True)
    assert outcome(amplifier, blocks) is None
    for current_ma in (0.4, 0.65, 0.2):
        if current_ma > 0.6:
            with pytest.raises(LimitExceeded):
                amplifier.pulse_once(current_ma, 0.1)
            continue
        amplifier.pulse_once(current_ma, 0.1)
        assert outcome(amplifier, blocks) is None
        blocks += read_for(amplifier, 0.1)
    given = [(each.channel, each.current_ma) for each in rhx.given]
    amplifier.close()
    assert given == [("a-011", 0.4), ("a-010", 0.2)]
    assert [pulse.current_ma for pulse in pulses_of(blocks)] == pytest.approx([0.4, 0.2])
    assert rhx.uploads_running == 0
    assert {rhx.value(f"a-{n:03d}.stimenabled") for n in (10, 11, 12)} == {"False"}


@pytest.mark.parametrize("step_ma", ["0.003", "0.007", "0.7"])
def test_prepared_currents_that_the_chip_cannot_give_are_refused(rhx: FakeRhx, step_ma: str) -> None:
    with pytest.raises(OptionRefused, match="choose another step_ma"):
        opened(rhx, f"&stimulate=a-010,a-011&step_ma={step_ma}&width_ms=0.1")


def test_outputs_that_the_address_names_are_switched_off_at_arming(rhx: FakeRhx) -> None:
    rhx.use("a-020", stimenabled=True, source="keypressf1", firstphaseamplitudemicroamps=1000)
    amplifier = started(rhx, "&stimulate=a-010&disable=a-020")
    assert rhx.value("a-020.stimenabled") == "True"
    amplifier.enable(True)
    assert outcome(amplifier, []) is None
    rhx.trigger("f1")
    assert {each.channel for each in rhx.given} <= {"a-010"}
    amplifier.close()


def test_an_output_that_was_enabled_since_the_start_is_found_at_arming(rhx: FakeRhx) -> None:
    amplifier = started(rhx, "&stimulate=a-010")
    rhx.use("b-001" if rhx.value("b-001.stimenabled") else "a-031", stimenabled=True)
    amplifier.enable(True)
    assert "A-031" in str(outcome(amplifier, []))
    assert rhx.value("a-010.stimenabled") == "False"
    amplifier.close()


def test_rhx_that_does_not_start_is_stopped_and_its_reason_is_given(rhx: FakeRhx) -> None:
    amplifier = opened(rhx)
    rhx.values["uploadinprogress"] = "True"
    with pytest.raises(DeviceRefused, match="did not start: Error - To avoid data corruption"):
        amplifier.start()
    assert not rhx.running
    amplifier.close()


def test_rhx_that_sends_no_samples_is_stopped(rhx: FakeRhx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.rhx.commands.START_S", 0.2)
    rhx.starved = True
    amplifier = opened(rhx)
    with pytest.raises(DeviceLost, match="sent no samples"):
        amplifier.start()
    assert not rhx.running
    amplifier.close()


def test_started_again_it_counts_from_0_and_misses_nothing(rhx: FakeRhx) -> None:
    amplifier = opened(rhx)
    for _ in range(3):
        amplifier.start()
        blocks = read_for(amplifier, 0.1)
        assert blocks[0].first_sample == 0
        assert not sum(block.lost_before + block.bad_frames for block in blocks)
    amplifier.close()
    assert not rhx.running
