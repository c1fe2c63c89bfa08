"""The file that ``--events`` names: private, and nothing but an earlier copy is overwritten."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from guidance.common.errors import UsageError
from guidance.session.event_file import open_event_file

STREAM = b'{"kind": "start", "seq": 0, "t": 0.0}\n{"kind": "end"}\n'


def write(path: Path) -> None:
    fd = open_event_file(str(path))
    os.write(fd, b"new")
    os.close(fd)


def test_a_new_file_is_the_users_alone(tmp_path: Path) -> None:
    write(tmp_path / "events")
    assert (tmp_path / "events").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("before", [b"", STREAM])
def test_an_earlier_copy_and_an_empty_file_are_written_anew(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "events"
    path.write_bytes(before)
    path.chmod(0o644)
    write(path)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.hazard("overwritten-file")
def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_bytes(b"patient = 'A'")
    with pytest.raises(UsageError, match="exists already"):
        write(path)
    assert path.read_bytes() == b"patient = 'A'"


@pytest.mark.hazard("overwritten-file")
@pytest.mark.parametrize("target", [STREAM, b"", None])
def test_a_link_is_not_followed(tmp_path: Path, target: bytes | None) -> None:
    path, link = tmp_path / "target", tmp_path / "events"
    if target is not None:
        path.write_bytes(target)
    link.symlink_to(path)
    with pytest.raises(UsageError, match=r"symbolic link|cannot be written"):
        write(link)
    assert (path.read_bytes() if path.exists() else None) == target


def test_a_second_name_of_another_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(STREAM)
    (tmp_path / "events").hardlink_to(tmp_path / "mine")
    with pytest.raises(UsageError, match="yours alone"):
        write(tmp_path / "events")
    assert (tmp_path / "mine").read_bytes() == STREAM


def test_a_pipe_is_written_also_through_a_link_and_a_device_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    received: list[bytes] = []
    for name in ("pipe", "link"):
        reader = threading.Thread(target=lambda: received.append((tmp_path / "pipe").read_bytes()))
        reader.start()
        write(tmp_path / name)
        reader.join(5.0)
    assert received == [b"new", b"new"]
    write(Path("/dev/null"))
