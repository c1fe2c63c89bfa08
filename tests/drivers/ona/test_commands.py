from __future__ import annotations

import pytest

from drivers.base import CommandOutcome, DeviceLost, DeviceRefused, LimitExceeded
from drivers.ona.commands import Commands, SentCommand
from drivers.ona.messages import CommandKind

MS = 1_000_000


class Bench:
    """Commands with a send function that only records, and a clock that only the test moves."""

    def __init__(self) -> None:
        self.sent: list[tuple[CommandKind, int]] = []
        self.seq = 250
        self.now_ns = 0
        self.commands = Commands("The amplifier at X", self._send)

    def _send(self, kind: int, _body: bytes) -> int:
        self.sent.append((CommandKind(kind), self.now_ns // MS))
        seq, self.seq = self.seq, (self.seq + 1) % 256
        return seq

    def request(self, kind: CommandKind) -> SentCommand:
        return self.commands.request(kind, b"", self.now_ns)

    def acknowledge(self, seq: int, result: int = 0) -> None:
        self.commands.acknowledge(seq, result, self.now_ns)

    def pass_ms(self, duration_ms: int) -> None:
        for _ in range(duration_ms):
            self.now_ns += MS
            self.commands.service(self.now_ns)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_command_acknowledged_in_time_is_sent_once(bench: Bench) -> None:
    command = bench.request(CommandKind.STIM_SET)
    bench.pass_ms(99)
    bench.acknowledge(250)
    bench.pass_ms(1000)
    assert (command.settled, command.error) == (True, None)
    assert bench.sent == [(CommandKind.STIM_SET, 0)]
    assert bench.commands.take_outcomes() == [CommandOutcome("STIM_SET", None)]
    assert bench.commands.take_outcomes() == []


def test_a_command_without_ack_is_sent_three_times_more_with_new_seqs_then_the_device_is_lost(bench: Bench) -> None:
    command = bench.request(CommandKind.START)
    with pytest.raises(DeviceLost, match="The amplifier at X did not acknowledge START, sent 4 times; check its cable"):
        bench.pass_ms(1000)
    assert bench.sent == [(CommandKind.START, at_ms) for at_ms in (0, 100, 200, 300)]
    assert command.seqs == [250, 251, 252, 253]
    assert bench.now_ns == 400 * MS


def test_sequence_numbers_go_on_past_255(bench: Bench) -> None:
    for seq in (250, 251, 252, 253, 254, 255, 0, 1):
        command = bench.request(CommandKind.STIM_SET)
        bench.acknowledge(seq)
        assert command.settled


def test_acks_for_nothing_under_way_change_nothing(bench: Bench) -> None:
    bench.acknowledge(250)
    command = bench.request(CommandKind.STIM_SET)
    bench.acknowledge(249)
    bench.acknowledge(251, result=3)
    assert not command.settled
    bench.acknowledge(250)
    bench.acknowledge(250, result=5)
    assert command.error is None


def test_a_late_ack_counts_and_the_second_sending_only_gets_its_time(bench: Bench) -> None:
    command = bench.request(CommandKind.START)
    bench.pass_ms(120)
    bench.acknowledge(250)
    assert not command.settled
    bench.pass_ms(300)
    assert command.settled
    assert len(bench.sent) == 2


def test_a_late_ack_and_that_of_the_second_sending_settle_once(bench: Bench) -> None:
    command = bench.request(CommandKind.START)
    bench.pass_ms(110)
    bench.acknowledge(250)
    bench.acknowledge(251)
    assert command.settled
    bench.pass_ms(500)
    assert len(bench.sent) == 2


def test_commands_are_sent_in_order_each_after_the_ack_of_the_one_before(bench: Bench) -> None:
    for kind in (CommandKind.STIM_SET, CommandKind.STIM_ENABLE, CommandKind.STIM_ONCE):
        bench.request(kind)
    assert [kind for kind, _ in bench.sent] == [CommandKind.STIM_SET]
    bench.pass_ms(100)
    bench.acknowledge(251)
    bench.acknowledge(252)
    assert [kind for kind, _ in bench.sent] == [
        CommandKind.STIM_SET,
        CommandKind.STIM_SET,
        CommandKind.STIM_ENABLE,
        CommandKind.STIM_ONCE,
    ]


def test_withdrawn_commands_are_never_sent_and_hold_nothing_up(bench: Bench) -> None:
    withdrawn = [bench.request(kind) for kind in (CommandKind.STIM_ENABLE, CommandKind.STIM_ONCE)]
    bench.commands.withdraw()
    bench.request(CommandKind.STOP)
    assert [kind for kind, _ in bench.sent] == [CommandKind.STIM_ENABLE, CommandKind.STOP]
    bench.acknowledge(250)
    bench.acknowledge(251)
    bench.pass_ms(1000)
    assert len(bench.sent) == 2
    assert all(isinstance(command.error, DeviceRefused) for command in withdrawn)
    assert [outcome.command for outcome in bench.commands.take_outcomes()] == ["STIM_ENABLE", "STIM_ONCE"]


@pytest.mark.parametrize(
    ("result", "refusal", "words"),
    [
        (1, DeviceRefused, "does not know the command"),
        (2, DeviceRefused, "malformed"),
        (3, LimitExceeded, "out of range; nothing was changed"),
        (4, DeviceRefused, "in this state"),
        (5, DeviceRefused, "fault: switch the stimulator off"),
        (99, DeviceRefused, "replied 99"),
    ],
)
def test_a_refusal_names_its_reason(bench: Bench, result: int, refusal: type[Exception], words: str) -> None:
    bench.request(CommandKind.STIM_SET)
    bench.acknowledge(250, result)
    (outcome,) = bench.commands.take_outcomes()
    assert isinstance(outcome.error, refusal)
    assert "refused STIM_SET" in str(outcome.error)
    assert words in str(outcome.error)


def test_a_single_pulse_the_device_has_reported_is_not_requested_again(bench: Bench) -> None:
    command = bench.request(CommandKind.STIM_ONCE)
    bench.commands.confirm(CommandKind.STIM_ONCE)
    assert not command.settled
    bench.pass_ms(1000)
    assert (command.settled, command.error, len(bench.sent)) == (True, None, 1)


def test_a_report_does_not_hide_a_refusal(bench: Bench) -> None:
    bench.request(CommandKind.STIM_ONCE)
    bench.commands.confirm(CommandKind.STIM_ONCE)
    bench.acknowledge(250, result=4)
    (outcome,) = bench.commands.take_outcomes()
    assert isinstance(outcome.error, DeviceRefused)


def test_heartbeats_come_every_tenth_of_a_second_whatever_else_is_under_way(bench: Bench) -> None:
    bench.commands.start_beat(0)
    bench.request(CommandKind.STIM_ENABLE)
    for _ in range(4):
        bench.pass_ms(100)
        bench.acknowledge((bench.seq - 1) % 256)
        bench.acknowledge((bench.seq - 2) % 256)
    assert [at_ms for kind, at_ms in bench.sent if kind is CommandKind.HEARTBEAT] == [100, 200, 300, 400]


def test_heartbeats_end_where_service_is_not_called(bench: Bench) -> None:
    bench.commands.start_beat(0)
    bench.now_ns = 5000 * MS
    assert bench.sent == []


def test_one_lost_heartbeat_does_no_harm_and_four_lose_the_device(bench: Bench) -> None:
    bench.commands.start_beat(0)
    bench.pass_ms(350)
    bench.acknowledge(251)
    bench.pass_ms(350)
    with pytest.raises(DeviceLost, match="did not acknowledge 4 heartbeats"):
        bench.pass_ms(200)


def test_heartbeats_end_with_a_refused_enable_or_when_stopped(bench: Bench) -> None:
    bench.commands.start_beat(0)
    bench.request(CommandKind.STIM_ENABLE)
    bench.acknowledge(250, result=4)
    bench.pass_ms(500)
    assert len(bench.sent) == 1
    bench.commands.start_beat(bench.now_ns)
    bench.commands.stop_beat()
    bench.pass_ms(500)
    assert len(bench.sent) == 1
    assert bench.commands.due_ns() is None


def test_a_single_pulse_without_ack_is_requested_again_only_when_its_report_would_have_come(bench: Bench) -> None:
    bench.request(CommandKind.STIM_ONCE)
    with pytest.raises(DeviceLost, match="did not acknowledge STIM_ONCE, sent 4 times"):
        bench.pass_ms(1000)
    assert bench.sent == [(CommandKind.STIM_ONCE, at_ms) for at_ms in (0, 200, 400, 600)]


def test_a_pulse_reported_late_whose_ack_was_lost_is_given_once(bench: Bench) -> None:
    command = bench.request(CommandKind.STIM_ONCE)
    bench.pass_ms(150)
    bench.commands.confirm(CommandKind.STIM_ONCE)
    bench.pass_ms(1000)
    assert (command.settled, command.error, len(bench.sent)) == (True, None, 1)


def test_no_single_pulse_follows_another_within_a_fifth_of_a_second(bench: Bench) -> None:
    bench.request(CommandKind.STIM_ONCE)
    bench.pass_ms(30)
    bench.acknowledge(250)
    second = bench.request(CommandKind.STIM_ONCE)
    bench.pass_ms(169)
    assert len(bench.sent) == 1
    bench.pass_ms(1)
    assert bench.sent == [(CommandKind.STIM_ONCE, 0), (CommandKind.STIM_ONCE, 200)]
    bench.acknowledge(251)
    assert second.settled


def test_a_pulse_that_waits_for_its_time_is_withdrawn_like_any_other(bench: Bench) -> None:
    bench.request(CommandKind.STIM_ONCE)
    bench.acknowledge(250)
    bench.request(CommandKind.STIM_ONCE)
    bench.commands.withdraw()
    bench.request(CommandKind.STIM_ENABLE)
    bench.acknowledge(251)
    bench.pass_ms(1000)
    assert [kind for kind, _ in bench.sent] == [CommandKind.STIM_ONCE, CommandKind.STIM_ENABLE]
