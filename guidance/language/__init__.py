"""The language of what people read: screen, note, Start's pages. Records, events, exports and commands stay English.

``tr`` translates a text of the program, ``recorded`` an English sentence out of a record or a Snapshot, where the
parameters already stand in the sentence. English needs no catalogue and costs nothing.
"""

from __future__ import annotations

import gettext
import locale
import os
from collections.abc import Mapping
from functools import cache
from importlib import resources

from guidance.language.catalogue import read_catalogue
from guidance.language.sentences import Sentences

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
"""The codes of ISO 639-1, as ``--language`` takes them, with each language's own name."""

RECORD = "record"
"""Context of the catalogue's entries that are sentences of records and Snapshots."""

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Variables that name the user's language, the first that is set wins, as in POSIX."""


class _Current:
    """The language of this process."""

    language = ENGLISH


def use(language: str) -> None:
    """Show texts in ``language``, one of ``LANGUAGES``, in this process from now on. Raises KeyError."""
    if language not in LANGUAGES:
        raise KeyError(language)
    _Current.language = language


def in_use() -> str:
    """Return the language of this process."""
    return _Current.language


def of_environment(environment: Mapping[str, str] | None = None) -> str:
    """Return the language that the environment names; English where it names none of ``LANGUAGES``."""
    variables = os.environ if environment is None else environment
    named = next((variables[name] for name in VARIABLES if variables.get(name)), "")
    code = (locale.normalize(named) if named else "").partition("_")[0].partition(".")[0].lower()
    return code if code in LANGUAGES else ENGLISH


def tr(text: str, /, context: str = "", **values: object) -> str:
    """Return ``text`` in the language of this process, itself where there is no translation, with ``values`` in the
    places that it names in braces. ``context`` separates the same English words in different places.
    """
    if _Current.language != ENGLISH:
        found = translations(_Current.language)
        text = found.pgettext(context, text) if context else found.gettext(text)
    return text.format(**values) if values else text


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """Return ``one`` or ``many``, as the language counts, with ``count`` and ``values`` in their places."""
    if _Current.language == ENGLISH:
        text = one if count == 1 else many
    else:
        text = translations(_Current.language).ngettext(one, many, count)
    return text.format(count=count, **values)


def mark(text: str) -> str:
    """Return ``text`` as it is: it stands in the catalogue, and is translated where it is shown."""
    return text


def recorded(text: str) -> str:
    """Return an English sentence of the engine in the language of this process.

    The sentence is recognised by the catalogue's templates, and so are words among its parameters. What no template
    knows stays as it is: a protocol's text, a name, what an operator wrote.
    """
    return text if _Current.language == ENGLISH or not text else _sentences(_Current.language).translate(text)


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the catalogue of ``language``, one of ``LANGUAGES``; it is read at the first use."""
    return gettext.NullTranslations() if language == ENGLISH else _catalogue(language)[0]


@cache
def _catalogue(language: str) -> tuple[gettext.NullTranslations, dict[str, str]]:
    file = resources.files("guidance.language").joinpath(f"{language}.po")
    entries = read_catalogue(file.read_text(encoding="utf-8"))
    return entries.translations(), entries.in_context(RECORD)


@cache
def _sentences(language: str) -> Sentences:
    return Sentences(_catalogue(language)[1])
