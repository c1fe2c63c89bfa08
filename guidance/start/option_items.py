"""Items of a form made from the options and arguments of a command, and the words that the command then takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from guidance.common.text import one_line
from guidance.ui.forms import FormChoice, FormItem

_LEFT_OUT = frozenset({"headless", "as_json", "jobs", "fast", "only_list", "yes"})
"""Parameters that a user of pages does not need: they are for scripts, or the page gives them itself."""
_YES, _NO = "yes", "no"
_SENTENCE_END = re.compile(r"(?<=\.)\s")
Finder = Callable[[str], Sequence[FormChoice]]


def option_items(
    command: click.Command, *, usual: Sequence[str] = (), find: Mapping[str, Finder] | None = None, section: str = ""
) -> Iterator[FormItem]:
    """Yield an item for each parameter of ``command``: those named in ``usual`` first, and Enter visits only those.

    ``find`` are the searches of parameters, by name.
    """
    named = {param.name or "": param for param in command.params if param.name not in _LEFT_OUT}
    named.pop("help", None)
    for name in [*(name for name in usual if name in named), *(name for name in named if name not in usual)]:
        yield _item(named[name], usual=name in usual, find=(find or {}).get(name), section=section)


def words_of(command: click.Command, answers: Mapping[str, str]) -> list[str]:
    """Return the words of ``command`` for ``answers`` by name of the parameter; arguments stand last."""
    options: list[str] = []
    arguments: list[str] = []
    for param in command.params:
        answer = answers.get(param.name or "")
        if answer is None:
            continue
        if isinstance(param, click.Argument):
            arguments.append(answer)
        elif isinstance(param, click.Option) and param.is_flag:
            options += [param.opts[0]] if answer == _YES else []
        else:
            values = [part.strip() for part in answer.split(";")] if param.multiple else [answer]
            for value in filter(None, values):
                options += [param.opts[0], *(value.split() if param.nargs > 1 else [value])]
    return [*options, *(["--", *arguments] if arguments else [])]


def label_of(param: click.Parameter) -> str:
    """Return the words for a parameter: its longest name without dashes."""
    if isinstance(param, click.Option):
        return max(param.opts, key=len).lstrip("-").replace("-", " ").capitalize()
    return one_line(param.human_readable_name).strip("[].").capitalize()


def _help_of(param: click.Parameter) -> str:
    """Return the help of ``param`` with its addresses filled in, as the command's help shows it."""
    text = str(getattr(param, "help", None) or "")
    if "{" not in text or not isinstance(param, click.Option):
        return text
    record = param.get_help_record(click.Context(click.Command(None)))
    return record[1] if record else text


def _item(param: click.Parameter, *, usual: bool, find: Finder | None, section: str) -> FormItem:
    is_flag = isinstance(param, click.Option) and bool(param.is_flag)
    options: Sequence[str] = (_YES, _NO) if is_flag else tuple(getattr(param.type, "choices", ()))
    return FormItem(
        param.name or "",
        label_of(param),
        _allowed(param),
        tuple(map(FormChoice, map(str, options))),
        closed=bool(options),
        required=param.required,
        usual=usual or param.required,
        section=section,
        read=_reader(param),
        find=find,
    )


def _allowed(param: click.Parameter) -> str:
    text = one_line(_help_of(param) or f"{param.make_metavar(click.Context(click.Command(None)))}")
    first = _SENTENCE_END.split(text)[0].rstrip(".")
    return f"{first}; separate several with a semicolon" if param.multiple else first


def _reader(param: click.Parameter) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text == "-" or text.startswith("@"):
            raise ValueError(f"takes no {text!r} here: type the value itself")
        parts = text.split() if param.nargs > 1 else [text]
        if param.nargs > 1 and len(parts) != param.nargs:
            raise ValueError(f"needs {param.nargs} values with a blank between them")
        for part in parts:
            _convert(param.type, part)
        return text

    return read


def _convert(kind: click.ParamType[Any], text: str) -> None:
    try:
        kind.convert(text, None, None)
    except click.UsageError as fault:
        raise ValueError(f"is not taken: {one_line(fault.message).rstrip('.')}") from None
