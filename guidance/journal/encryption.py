"""Encryption of case sheet and note on disk in the age format (age-encryption.org), with a passphrase or a key.

Any age program can decrypt the files; without the passphrase or key nobody can. The signal and the events name nobody
and are not encrypted.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pyrage
from pyrage import passphrase, x25519

from guidance.common.errors import UsageError, UserError
from guidance.journal.private_files import read_private, write_private

_IDENTITY, _RECIPIENT = "AGE-SECRET-KEY-1", "age1"
_MIN_PASSPHRASE_LETTERS = 8
"""Refuses passphrases that are guessed quickly; it does not make a passphrase strong."""
CASE_NAME, NOTE_NAME = "case", "note"
"""The files of a procedure that name a person: both are encrypted, or neither is."""

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """A passphrase or an age key: ``recipient`` encrypts, ``identity`` decrypts. Its ``repr`` shows no secret."""

    phrase: str | None = field(default=None, repr=False)
    identity: x25519.Identity | None = field(default=None, repr=False)
    recipient: x25519.Recipient | None = field(default=None, repr=False)

    def encrypt(self, data: bytes) -> bytes:
        """Return ``data`` as an age file."""
        if self.recipient is not None:
            return pyrage.encrypt(data, [self.recipient])
        return passphrase.encrypt(data, self.phrase or "")

    def decrypt(self, data: bytes, path: Path) -> bytes:
        """Return the contents of the age file ``data``, which was read from ``path``. Raises UserError."""
        try:
            if self.phrase is not None:
                return passphrase.decrypt(data, self.phrase)
            if self.identity is not None:
                return pyrage.decrypt(data, [self.identity])
        except pyrage.DecryptError:
            raise UserError(
                f"{path} cannot be decrypted: the passphrase or key is a different one, or the file is damaged."
            ) from None
        raise UserError(f"{path} cannot be decrypted with a public key; name the file of the secret key with --key.")


def key_of_passphrase(text: str) -> EncryptionKey:
    """Return the key of the passphrase ``text``. Raises UsageError if it is too short."""
    if len(text) < _MIN_PASSPHRASE_LETTERS:
        raise UsageError(
            f"A passphrase needs at least {_MIN_PASSPHRASE_LETTERS} characters; choose some unusual words."
        )
    return EncryptionKey(phrase=text)


def key_of_file(path: Path) -> EncryptionKey:
    """Read the key in the file at ``path``: an age key, secret or public, or else a passphrase on the first line.

    Raises UsageError if there is none, or if other users may read a secret one.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        mode = path.stat().st_mode
    except (OSError, ValueError) as fault:
        raise UsageError(f"The key file {path} cannot be read ({getattr(fault, 'strerror', 'no text')}).") from None
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not keys:
        raise UsageError(f"The key file {path} is empty; 'needle-guidance procedures new-key FILE' creates a key.")
    if keys[0].startswith(_RECIPIENT):
        return EncryptionKey(recipient=_parsed(x25519.Recipient.from_str, keys[0], path))
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise UsageError(f"The key file {path} can be read by other users; change that with: chmod 600 {path}")
    if keys[0].startswith(_IDENTITY):
        identity = _parsed(x25519.Identity.from_str, keys[0], path)
        return EncryptionKey(identity=identity, recipient=identity.to_public())
    return key_of_passphrase(lines[0])


def new_key_file(path: Path) -> str:
    """Write a secret age key to a new file at ``path``; return the public key. Raises UsageError if the file exists."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} exists already; a key that may be in use is not overwritten.")
    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    write_private(path, f"# public key: {public}\n{identity}\n".encode())
    return public


def read_protected(folder: Path, name: str, key: EncryptionKey | None) -> bytes | None:
    """Read NAME.json or the encrypted NAME.age of ``folder``; None if there is neither. Raises UserError."""
    encrypted = folder / f"{name}.age"
    data = read_private(encrypted)
    if data is None:
        return read_private(folder / f"{name}.json")
    if key is None:
        raise UserError(
            f"{encrypted} is encrypted; name the key with --key FILE or NEEDLE_GUIDANCE_KEY, or give the passphrase."
        )
    return key.decrypt(data, encrypted)


def write_protected(folder: Path, name: str, data: bytes, key: EncryptionKey | None) -> None:
    """Write ``data`` encrypted to NAME.age of ``folder``, or without a ``key`` to NAME.json. Raises UserError.

    A folder with an encrypted file gets no plain file, and no plain file stays beside an encrypted one.
    """
    plain = folder / f"{name}.json"
    if key is None:
        if is_encrypted(folder):
            raise UserError(f"{folder.name} is encrypted; name the key with --key FILE, or give the passphrase.")
        write_private(plain, data)
        return
    write_private(folder / f"{name}.age", key.encrypt(data))
    plain.unlink(missing_ok=True)
    encrypt_plain(folder, key)


def encrypt_plain(folder: Path, key: EncryptionKey) -> None:
    """Encrypt the plain files of ``folder`` with ``key``. Raises UserError."""
    for name in (CASE_NAME, NOTE_NAME):
        plain = folder / f"{name}.json"
        data = read_private(plain)
        if data is not None:
            write_private(folder / f"{name}.age", key.encrypt(data))
            plain.unlink()


def is_encrypted(folder: Path) -> bool:
    """Return whether case sheet or note in ``folder`` are encrypted."""
    return any(path.name.endswith(".age") for path in folder.iterdir())


def _parsed(make: Callable[[str], K], text: str, path: Path) -> K:
    try:
        return make(text)
    except (pyrage.IdentityError, pyrage.RecipientError):
        raise UsageError(f"The key in {path} is damaged; use your copy of it.") from None


def protect(folder: Path, key: EncryptionKey) -> None:
    """Encrypt case sheet and note of ``folder`` with ``key``. Raises UsageError if there is neither, UserError.

    A file that is encrypted already must have the same key: no folder has two.
    """
    contents = [read_protected(folder, name, key) for name in (CASE_NAME, NOTE_NAME)]
    if contents == [None, None]:
        raise UsageError(f"{folder.name} has no case sheet and no signed note, so there is nothing to encrypt.")
    encrypt_plain(folder, key)
