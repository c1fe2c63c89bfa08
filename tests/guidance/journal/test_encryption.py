"""Encrypted case sheet and note: unreadable without the key, one sentence for a wrong key, no secret in any text."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from guidance.common.errors import UsageError, UserError
from guidance.journal.encryption import EncryptionKey, key_of_file, key_of_passphrase, new_key_file, protect
from guidance.note.case_sheet import load_case, save_case
from guidance.note.note_files import procedure_files
from guidance.note.signing import sign
from tests.support.case_sheets import BORN, NOW, NUMBER, PATIENT, PERFORMER, sheet, sheet_file
from tests.support.command_line import command
from tests.support.scripted_procedure import femoral_block

NAMES = (PATIENT, BORN, NUMBER, PERFORMER, "Kestrelmaker")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "site.key"
    new_key_file(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = femoral_block().record_in(tmp_path / "store")
    save_case(folder, sheet(), None)
    return folder


def everything(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_protected_folder_names_nobody_and_opens_with_its_key(folder: Path, key_file: Path) -> None:
    key = key_of_file(key_file)
    before = procedure_files(folder, None)
    sign(folder, before.composed, before.case, PERFORMER, None, NOW)
    assert all(name.encode() in everything(folder) for name in NAMES)
    protect(folder, key)
    assert not [name for name in NAMES if name.encode() in everything(folder)]
    assert procedure_files(folder, key).case == before.case
    assert stat.S_IMODE((folder / "case.age").stat().st_mode) == 0o600


def test_a_note_signed_with_a_key_takes_the_case_sheet_with_it(folder: Path, key_file: Path) -> None:
    before = procedure_files(folder, None)
    sign(folder, before.composed, before.case, PERFORMER, key_of_file(key_file), NOW)
    assert sorted(path.name for path in folder.iterdir() if path.suffix in {".age", ".json"}) == [
        "case.age", "note.age", "seal.json",
    ]  # fmt: skip
    assert PATIENT.encode() not in everything(folder)
    assert procedure_files(folder, key_of_file(key_file)).changed == ()


def test_a_passphrase_opens_and_another_is_refused_in_one_sentence(folder: Path) -> None:
    protect(folder, key_of_passphrase("five unusual words here"))
    assert load_case(folder, key_of_passphrase("five unusual words here")).get("patient") == PATIENT
    with pytest.raises(UserError, match="cannot be decrypted: the passphrase or key is a different one"):
        load_case(folder, key_of_passphrase("five unusual words then"))


def test_another_key_is_refused_in_one_sentence(folder: Path, key_file: Path, tmp_path: Path) -> None:
    protect(folder, key_of_file(key_file))
    other = tmp_path / "other.key"
    new_key_file(other)
    done = command("procedures", "note", folder.name, "--store", folder.parent, "--key", other)
    assert (done.status, done.is_one_sentence) == (1, True)


def test_without_a_key_the_error_shows_how_to_give_one(folder: Path, key_file: Path) -> None:
    protect(folder, key_of_file(key_file))
    done = command("procedures", "note", folder.name, "--store", folder.parent)
    assert (done.status, done.is_one_sentence) == (1, True)
    assert "--key FILE" in done.err


def test_the_environment_may_name_the_key_file(folder: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    protect(folder, key_of_file(key_file))
    monkeypatch.setenv("NEEDLE_GUIDANCE_KEY", str(key_file))
    assert PATIENT in command("procedures", "note", folder.name, "--store", folder.parent).out


def test_answers_to_a_protected_case_stay_protected(folder: Path, key_file: Path) -> None:
    protect(folder, key_of_file(key_file))
    done = command(
        "procedures", "note", folder.name, "--store", folder.parent, "--key", key_file, "--set", "remarks=Zauberwort"
    )
    assert "Zauberwort" in done.out
    assert b"Zauberwort" not in everything(folder)
    with pytest.raises(UserError, match="is encrypted"):
        save_case(folder, sheet(), None)


def test_a_public_key_encrypts_and_does_not_decrypt(folder: Path, tmp_path: Path) -> None:
    public = tmp_path / "site.pub"
    public.write_text(new_key_file(tmp_path / "site.key"))
    protect(folder, key_of_file(public))
    with pytest.raises(UserError, match="cannot be decrypted with a public key"):
        load_case(folder, key_of_file(public))
    assert load_case(folder, key_of_file(tmp_path / "site.key")).get("patient") == PATIENT


def test_a_lost_key_loses_the_names_and_not_signal_and_events(folder: Path, key_file: Path, tmp_path: Path) -> None:
    protect(folder, key_of_file(key_file))
    key_file.unlink()
    where = (folder.name, "--store", folder.parent)
    assert command("procedures", "export", *where, "--format", "bdf", "--to", tmp_path / "a.bdf").status == 0
    assert command("procedures", "verify", *where).status == 0
    done = command("procedures", "export", *where, "--format", "csv", "--to", tmp_path / "a.csv")
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda _: b"", lambda _: b"age-encryption.org/v1\n-> x"])
def test_a_damaged_file_is_refused_in_one_sentence(folder: Path, key_file: Path, damage: object) -> None:
    protect(folder, key_of_file(key_file))
    path = folder / "case.age"
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(UserError, match="the file is damaged"):
        load_case(folder, key_of_file(key_file))


def test_no_text_of_a_key_shows_its_secret(key_file: Path) -> None:
    assert repr(key_of_passphrase("five unusual words")) == "EncryptionKey()"
    assert "AGE-SECRET" not in f"{key_of_file(key_file)!r}{key_of_file(key_file)}"


@pytest.mark.parametrize(
    ("content", "mode", "message"),
    [
        ("", 0o600, "is empty"),
        ("short", 0o600, "at least 8 characters"),
        ("AGE-SECRET-KEY-1ABC\n", 0o600, "is damaged"),
        ("age1abc\n", 0o644, "is damaged"),
        ("a passphrase in a file\n", 0o640, "can be read by other users"),
    ],
)
def test_an_unusable_key_file_is_refused_with_its_reason(tmp_path: Path, content: str, mode: int, message: str) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(UsageError, match=message):
        key_of_file(path)


def test_a_passphrase_may_lie_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("four quite unusual words\n")
    path.chmod(0o600)
    assert key_of_file(path) == EncryptionKey(phrase="four quite unusual words")


def test_a_new_key_is_for_its_owner_alone_and_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key"
    done = command("procedures", "new-key", path)
    assert done.status == 0
    assert "AGE-SECRET" not in done.out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = command("procedures", "new-key", path)
    assert (again.status, again.is_one_sentence) == (2, True)


def test_protect_refuses_a_procedure_with_nothing_to_protect(tmp_path: Path, key_file: Path) -> None:
    folder = femoral_block().record_in(tmp_path / "other")
    done = command("procedures", "protect", folder.name, "--store", folder.parent, "--key", key_file)
    assert (done.status, done.is_one_sentence) == (2, True)
    without = command("procedures", "protect", folder.name, "--store", folder.parent)
    assert (without.status, without.is_one_sentence) == (2, True)


@pytest.mark.parametrize("name", ["..", ".", "", "../x", "a/b", "/etc", "a\\b", "none", "x\x1b[31m", "\x00"])
@pytest.mark.parametrize("verb", ["note", "sign", "protect"])
def test_an_invalid_name_is_refused_in_one_sentence(tmp_path: Path, verb: str, name: str) -> None:
    femoral_block().record_in(tmp_path / "store")
    done = command("procedures", verb, "--store", tmp_path / "store", "--", name)
    assert (done.status, done.is_one_sentence) == (2, True)
    assert "\x1b" not in done.err


def test_a_folder_that_is_a_link_is_left_alone(tmp_path: Path) -> None:
    folder = femoral_block().record_in(tmp_path / "elsewhere")
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / folder.name).symlink_to(folder)
    done = command("procedures", "note", folder.name, "--store", tmp_path / "store", "--set", "side=left")
    assert (done.status, done.is_one_sentence) == (2, True)
    assert not (folder / "case.json").exists()


@pytest.mark.skipif(os.name != "posix", reason="kernel pipes of POSIX")
def test_a_pipe_in_place_of_the_case_sheet_does_not_block(folder: Path) -> None:
    (folder / "case.json").unlink()
    os.mkfifo(folder / "case.json")
    done = command("procedures", "note", folder.name, "--store", folder.parent)
    assert (done.status, done.is_one_sentence) == (1, True)


def test_a_key_for_demo_is_checked_before_anything_runs(tmp_path: Path) -> None:
    done = command(
        "demo", "--headless", "--duration", "1", "--store", tmp_path / "store", "--case", sheet_file(tmp_path), "--key",
        tmp_path / "none",
    )  # fmt: skip
    assert (done.status, done.is_one_sentence) == (2, True)
    assert not (tmp_path / "store").exists()
