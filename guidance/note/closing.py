"""The end of a note: what is missing before signing, or the signature, changes since signing, and addenda."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guidance.note.page import NoteItem, NotePage, Section, Sentence, sentence
from guidance.note.signing import Signature, SignatureLink

DRAFT = "DRAFT, NOT SIGNED."


def draft(page: NotePage) -> NotePage:
    """Mark ``page`` as not signed, and list the missing fields."""
    if not page.missing:
        return replace(page, banners=(DRAFT, *page.banners))
    labels = sentence(f"{'; '.join(label for _, label in page.missing)}.")
    count = f"{len(page.missing)} field{'' if len(page.missing) == 1 else 's'}"
    keys = tuple(NoteItem(label, (sentence(f"--set '{key}=...'"),)) for key, label in page.missing)
    parts = (
        Section("Required before signing", (NoteItem(count, (labels,)),)),
        Section("Keys of the required fields", keys, audit=True),
    )
    return replace(page, banners=(DRAFT, *page.banners), closing=parts)


def signed_page(signed: Signature, changed: Sequence[str]) -> NotePage:
    """Return the signed page with its signature and addenda; ``changed`` names what changed since signing."""
    mark = signed.signature
    signed_by = f"Signed by {mark['by']}, {mark['at']}."
    alarm = (f"CHANGED SINCE SIGNING: {', '.join(changed)}. This page is shown as it was signed.",) if changed else ()
    hashes = [f"{name} {value}" for name, value in mark["bound"].items() if value]
    items = [
        NoteItem("SHA-256 of the signature", (sentence(f"{mark['sha256']}."),)),
        NoteItem("Bound by SHA-256", tuple(sentence(f"{text}.") for text in hashes)),
        NoteItem("Changes since signing", (_since(changed),)),
    ]
    added = tuple(
        NoteItem(f"Addendum {number}", (sentence(f"{link['text']} ({link['by']}, {link['at']})"),))
        for number, link in enumerate(signed.addenda, 1)
    )
    parts = (
        *([Section("Addenda", added)] if added else []),
        Section("Signature", (NoteItem("Signature", (sentence(signed_by), *_despite(mark))),)),
        Section("What the signature binds", tuple(items), audit=True),
    )
    return replace(signed.page, banners=(*alarm, signed_by, *signed.page.banners), closing=parts)


def _despite(mark: SignatureLink) -> tuple[Sentence, ...]:
    return (sentence(f"Signed although it contradicts itself: {mark['despite']}."),) if mark.get("despite") else ()


def _since(changed: Sequence[str]) -> Sentence:
    return sentence(f"Changed: {', '.join(changed)}." if changed else "Nothing bound by the signature has changed.")
