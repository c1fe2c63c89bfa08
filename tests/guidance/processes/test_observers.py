"""Observers over a real socket: they have no influence, and delay nothing."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guidance.common.errors import UsageError, UserError
from guidance.contracts.commands import Stop
from guidance.contracts.snapshot import Snapshot
from guidance.processes import launch, observers
from guidance.processes import observer_link as watching
from guidance.processes import sockets as runtime
from guidance.processes.observer_link import ObserverLink, open_watch
from guidance.processes.observers import MOST_OBSERVERS, ObservedScreenChannel, Observers
from guidance.processes.screen_channel import NoScreenChannel
from guidance.processes.sockets import connect, folder_notice, running, runtime_folder, socket_path
from tests.support.screens import build_live

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no local sockets")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "run"
    monkeypatch.setattr(runtime, "user_runtime_path", lambda *_, **__: place)
    monkeypatch.setattr(runtime, "state_folder", lambda: tmp_path / "home")
    monkeypatch.setattr(observers, "FRAME_S", 0.0)
    return place


@pytest.fixture
def observer_list() -> Iterator[Observers]:
    observer_list = Observers()
    yield observer_list
    observer_list.close()


@pytest.fixture
def link(observer_list: Observers, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObserverLink]:
    monkeypatch.setattr(watching, "wait", lambda *_: [True])
    link = open_watch()
    until(lambda: bool(observer_list._observers))
    yield link
    link.close()


def test_a_start_removes_the_sockets_of_killed_engines_and_no_others(folder: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    folder.mkdir(mode=0o700)
    for pid in (dead.pid, os.getppid()):
        (folder / f"{pid}.watch").touch()
    Observers().close()
    assert [path.name for path in folder.iterdir()] == [f"{os.getppid()}.watch"]


def test_without_a_thread_for_observers_the_procedure_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    with pytest.raises(UserError, match=r"can start no more threads"):
        Observers()


def until(holds: Callable[[], bool], timeout_s: float = 5.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline_s, "did not happen in time"
        time.sleep(0.005)


def received(link: ObserverLink) -> Snapshot:
    found: list[Snapshot | None] = []

    def is_there() -> bool:
        found.append(link.receive())
        return found[-1] is not None

    until(is_there)
    assert found[-1] is not None
    return found[-1]


def test_an_observer_receives_the_snapshot_as_it_was_drawn(observer_list: Observers, link: ObserverLink) -> None:
    snapshot = build_live()
    observer_list.show(lambda: snapshot)
    seen = received(link)
    assert (seen.stimuli, seen.source) == (snapshot.stimuli, snapshot.source)
    assert (seen.emg == snapshot.emg).all()


def test_nothing_is_drawn_without_observers(observer_list: Observers) -> None:
    observer_list.show(lambda: pytest.fail("drawn for nobody"))


@pytest.mark.hazard("starved-engine")
def test_an_observer_that_reads_nothing_delays_nobody_and_then_receives_the_newest(
    observer_list: Observers, link: ObserverLink
) -> None:
    started_s = time.monotonic()
    for number in range(300):
        observer_list.show(lambda number=number: build_live(20, stimuli=number))  # type: ignore[misc]
    shown_s = time.monotonic() - started_s
    drawn_s = time.monotonic()
    for number in range(300):
        build_live(20, stimuli=number)
    assert shown_s < (time.monotonic() - drawn_s) * 3 + 1.0
    until(lambda: (received(link)).stimuli == 299)


def test_what_an_observer_sends_is_ignored(observer_list: Observers, link: ObserverLink) -> None:
    screen_channel = ObservedScreenChannel(NoScreenChannel(), observer_list)
    link.send(Stop())
    link._connection.send(Stop())
    observer_list.show(build_live)
    received(link)
    assert screen_channel.messages() == []


def test_the_last_snapshot_still_goes_out_and_then_the_engine_is_gone(
    observer_list: Observers, link: ObserverLink
) -> None:
    observer_list.show(lambda: build_live(ended="operator"), at_once=True)
    observer_list.close()
    assert received(link).ended == "operator"
    with pytest.raises(EOFError):
        until(lambda: link.receive() is not None)


def test_an_observed_screen_channel_draws_for_both(observer_list: Observers, link: ObserverLink) -> None:
    ObservedScreenChannel(NoScreenChannel(), observer_list).show(build_live)
    assert received(link).stimuli == 71


def test_the_socket_is_the_users_alone_and_goes_with_the_procedure(folder: Path) -> None:
    observer_list = Observers()
    path = socket_path(os.getpid())
    assert (folder.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
    assert running() == {os.getpid(): path}
    observer_list.close()
    assert running() == {}


def foreign_place(*_: object, **__: object) -> Path:
    raise PermissionError("/run/runtime-1000 is owned by another user")


def opened_to_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)


def made_a_link(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.parent / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(folder.parent / "elsewhere")


def made_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.touch()


def taken_by_another_user(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "user_runtime_path", foreign_place)


@pytest.mark.hazard("foreign-folder")
@pytest.mark.parametrize("attack", [opened_to_others, made_a_link, made_a_file, taken_by_another_user])
def test_a_folder_that_is_not_the_users_alone_is_named_and_replaced_by_one_in_the_home(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: Callable[[Path, pytest.MonkeyPatch], None]
) -> None:
    attack(folder, monkeypatch)
    place, fault = runtime_folder()
    assert place == tmp_path / "home" / "run"
    assert fault is not None
    assert re.search(r"open to others; close it with chmod 700|File exists|owned by another user", fault)
    assert folder_notice() == f"{fault} The procedure can be watched all the same."
    observer_list = Observers()
    try:
        monkeypatch.setattr(watching, "wait", lambda *_: [True])
        open_watch().close()
    finally:
        observer_list.close()


def test_an_engine_that_began_in_the_home_is_found_after_the_systems_folder_is_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(runtime, "user_runtime_path", foreign_place)
        observer_list = Observers()
    assert list(running()) == [os.getpid()]
    observer_list.close()


def test_where_no_folder_is_private_the_procedure_goes_on_unobserved(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runtime, "user_runtime_path", foreign_place)
    (tmp_path / "home").touch()
    with launch._observed(NoScreenChannel()) as channel:
        assert not isinstance(channel, ObservedScreenChannel)
    assert "Nobody can watch" in (folder_notice() or "")
    assert folder_notice() is not None
    assert capsys.readouterr().err == ""  # the session reports it


def test_the_number_of_observers_is_limited(observer_list: Observers) -> None:
    links = [connect(socket_path(os.getpid())) for _ in range(MOST_OBSERVERS)]
    until(lambda: len(observer_list._observers) == MOST_OBSERVERS)
    extra = connect(socket_path(os.getpid()))
    assert extra is not None
    assert extra.poll(5.0)
    with pytest.raises(EOFError):
        extra.recv()
    for link in filter(None, [*links, extra]):
        link.close()


def test_an_observer_that_leaves_is_removed(observer_list: Observers, link: ObserverLink) -> None:
    link.close()

    def is_forgotten() -> bool:
        observer_list.show(build_live)
        return not observer_list._observers

    until(is_forgotten)


def test_the_lack_of_a_procedure_is_reported_and_a_dead_socket_is_removed(folder: Path) -> None:
    with pytest.raises(UserError, match="No procedure is running here"):
        open_watch()
    dead = socket_path(99999999)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(dead))
    with pytest.raises(UserError, match="process 99999999"):
        open_watch(99999999)
    assert not dead.exists()


def test_of_several_procedures_one_must_be_named(observer_list: Observers, folder: Path) -> None:
    socket_path(1).hardlink_to(socket_path(os.getpid()))
    with pytest.raises(UsageError, match="--pid"):
        open_watch()


def test_a_message_that_is_not_a_snapshot_is_refused_with_a_sentence(
    observer_list: Observers, link: ObserverLink
) -> None:
    observer_list._observers[0]._connection.send("not a snapshot")
    with pytest.raises(UserError, match="not a Snapshot"):
        until(lambda: link.receive() is not None)


def test_the_command_reports_in_one_sentence_that_nothing_runs(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir(mode=0o700)
    environment = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(tmp_path / "empty"),
        "XDG_STATE_HOME": str(tmp_path),
        "TEXTUAL_DRIVER": "none",
    }
    words = [sys.executable, "-m", "guidance", "watch"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "needle-guidance: No procedure is running here.\n"
