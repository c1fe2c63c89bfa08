"""The sound in a whole procedure: what it receives; its loss disarms nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from drivers.base import Block
from guidance.contracts.commands import Acknowledge, OperatorCommand, PauseAudio, TurnVolume
from guidance.contracts.events import Cue, Record
from guidance.contracts.snapshot import AlarmView, SoundView
from guidance.session import LiveJob
from tests.guidance.session.virtual import VirtualBench

LOST = "No sound device answers. Connect one; go by the screen meanwhile."


class FakeSound:
    """A sound that stores what it receives; ``lost`` is the fault that it reports."""

    def __init__(self) -> None:
        self.lost: str | None = None
        self.played: list[Record] = []
        self.underruns: int | None = 3
        self.plays_emg = False
        self.samples = 0
        self.awaited: list[bool] = []
        self.signals: Sequence[AlarmView] = ()
        self.closed = False

    def play(self, record: Record) -> int | None:
        self.played.append(record)
        return 77 if isinstance(record, Cue) else None

    def feed(self, blocks: Sequence[Block], *, awaiting: bool) -> None:
        self.samples += sum(len(block.samples) for block in blocks)
        self.awaited.append(awaiting)

    def obey(self, message: OperatorCommand) -> dict[str, Any] | None:
        return {"volume": 0.5} if isinstance(message, PauseAudio | TurnVolume) else None

    def tend(self, signals: Sequence[AlarmView]) -> str | None:
        self.signals = signals
        return self.lost

    def view(self) -> SoundView:
        return SoundView("lost" if self.lost else "on", "tempo", 1.0, 0.3)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> FakeSound:
    fake = FakeSound()
    monkeypatch.setattr(LiveJob, "_open_sound", lambda *_: fake)
    return fake


def test_all_records_and_samples_reach_the_sound_and_cues_come_back_with_their_time(
    bench: VirtualBench, sound: FakeSound
) -> None:
    bench.run(6.0)
    assert sound.samples == bench.of("end")[0]["samples"]
    assert {cue["sounded_ns"] for cue in bench.of("cue")} == {77}
    assert {second["underruns"] for second in bench.of("signal")} == {3}
    assert [record.kind for record in sound.played] == [line["kind"] for line in bench.lines]
    assert sound.closed


def test_a_pulse_is_awaited_from_its_request_until_it_is_reported(bench: VirtualBench, sound: FakeSound) -> None:
    bench.run(6.0)
    assert bench.of("stimulus")
    assert 0 < sum(sound.awaited) < len(sound.awaited) / 2


def test_lost_sound_is_an_alarm_and_pulses_go_on(bench: VirtualBench, sound: FakeSound) -> None:
    bench.after(4.0, lambda: setattr(sound, "lost", LOST))
    bench.after(6.0, lambda: setattr(sound, "lost", None))
    assert bench.run(9.0).status == 0
    begun, over = bench.of("alarm", code="audio-lost")
    assert (begun["active"], begun["text"], begun["priority"], over["active"]) == (True, LOST, "medium", False)
    between = [s for s in bench.of("stimulus") if begun["t"] < s["t"] < over["t"]]
    assert len(between) > 2
    assert not [c for c in bench.of("command", enabled=False) if begun["t"] <= c["t"] < bench.of("end")[0]["t"] - 0.1]


def test_the_screen_shows_the_state_of_the_sound(bench: VirtualBench, sound: FakeSound) -> None:
    sound.lost = LOST
    bench.run(3.0, screen=True)
    view = bench.seat.shown[-1]
    assert view.sound is not None
    assert view.sound.state == "lost"
    assert [alarm.code for alarm in view.alarms] == ["audio-lost"]


def test_the_sound_receives_acknowledgements(bench: VirtualBench, sound: FakeSound) -> None:
    sound.lost = LOST
    bench.after(2.0, lambda: bench.seat.send(Acknowledge()))
    bench.run(4.0, screen=True)
    assert [(view.code, view.acknowledged) for view in sound.signals] == [("audio-lost", True)]


def test_sound_requests_are_recorded(bench: VirtualBench, sound: FakeSound) -> None:
    bench.after(2.0, lambda: bench.seat.send(TurnVolume(-1)))
    bench.run(3.0, screen=True)
    assert [entry["fields"] for entry in bench.of("entry", what="sound")] == [{"volume": 0.5}]


@pytest.mark.hazard("muted-sound")
def test_muted_by_choice_there_is_no_alarm_and_the_state_is_muted(bench: VirtualBench) -> None:
    bench.run(4.0, screen=True)
    assert not bench.of("alarm", code="audio-lost")
    assert {cue["sounded_ns"] for cue in bench.of("cue")} <= {None}
    view = bench.seat.shown[-1].sound
    assert view is not None
    assert view.state == "muted"
