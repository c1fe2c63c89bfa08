"""What stands under a note: whether it is signed, by whom, whether anything changed since, and the addenda."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guidance.note.page import NoteItem, NotePage, Section, Sentence, sentence
from guidance.note.signing import Signature

DRAFT = "DRAFT, NOT SIGNED."


def draft(page: NotePage) -> NotePage:
    """``page`` as one that is not signed yet, with what is missing."""
    missing = tuple(NoteItem(label, (sentence(f"--set '{key}=...'"),)) for key, label in page.missing)
    parts = (Section("Missing before it may be signed", missing),) if missing else ()
    return replace(page, banners=(DRAFT, *page.banners), closing=parts)


def signed_page(signed: Signature, changed: Sequence[str]) -> NotePage:
    """The signed page with its signature and its addenda; ``changed`` is what is not as it was then."""
    mark = signed.signature
    words = f"Signed by {mark['by']}, {mark['at']}."
    alarm = (f"CHANGED SINCE SIGNING: {', '.join(changed)}. This page is as it was signed.",) if changed else ()
    hashes = [f"{name} {value}" for name, value in mark["bound"].items() if value]
    items = [
        NoteItem("Signature", (sentence(words), sentence(f"Its SHA-256: {mark['sha256']}."))),
        NoteItem("It binds, by SHA-256", tuple(sentence(f"{text}.") for text in hashes)),
        NoteItem("Since then", (_since(changed),)),
    ]
    added = tuple(
        NoteItem(f"Addendum {number}", (sentence(f"{link['text']} ({link['by']}, {link['at']})"),))
        for number, link in enumerate(signed.addenda, 1)
    )
    parts = (*([Section("Addenda", added)] if added else []), Section("Signature", tuple(items)))
    return replace(signed.page, banners=(*alarm, words, *signed.page.banners), closing=parts)


def _since(changed: Sequence[str]) -> Sentence:
    return sentence(f"Changed: {', '.join(changed)}." if changed else "Nothing that it binds has changed.")
