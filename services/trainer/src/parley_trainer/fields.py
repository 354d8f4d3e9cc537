"""Readers of JSON fields. Each takes the dotted name that its message shows, and raises JobError."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeVar, cast

from .errors import JobError

Object: TypeAlias = Mapping[str, object]
Word = TypeVar("Word", bound=str)


def parse_object(text: str | bytes, name: str) -> Object:
    """A JSON object."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise JobError(f"{name} is not JSON: {cause}") from cause
    if not isinstance(value, dict):
        raise JobError(f"{name} must be an object")
    return cast(Object, value)


def mapping(of: Object, name: str) -> Object:
    """An object inside an object."""
    value = _field(of, name)
    if not isinstance(value, dict):
        raise JobError(f"{name} must be an object")
    return cast(Object, value)


def text(of: Object, name: str) -> str:
    """A string that is not empty."""
    value = _field(of, name)
    if not isinstance(value, str) or value == "":
        raise JobError(f"{name} must be a string that is not empty")
    return value


def digest(of: Object, name: str) -> str:
    """A SHA-256 in hex."""
    value = text(of, name)
    if re.fullmatch("[0-9a-f]{64}", value) is None:
        raise JobError(f"{name} must be 64 hexadecimal digits in lower case, got {value}")
    return value


def integer(of: Object, name: str, least: int, most: int) -> int:
    """A whole number from `least` to `most`."""
    value = _field(of, name)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not least <= cast(int, value) <= most:
        raise JobError(f"{name} must be an integer from {least} to {most}, got {shown(value)}")
    return cast(int, value)


def number(of: Object, name: str, least: float, most: float) -> float:
    """A number from `least` to `most`."""
    value = _field(of, name)
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if not numeric or not least <= cast(float, value) <= most:
        raise JobError(f"{name} must be a number from {least:g} to {most:g}, got {shown(value)}")
    return float(cast(float, value))


def boolean(of: Object, name: str) -> bool:
    """`true` or `false`."""
    value = _field(of, name)
    if not isinstance(value, bool):
        raise JobError(f"{name} must be true or false, got {shown(value)}")
    return value


def choice(of: Object, name: str, choices: Sequence[Word]) -> Word:
    """One of some words."""
    value = _field(of, name)
    if value not in choices:
        words = ", ".join(f'"{word}"' for word in choices)
        raise JobError(f"{name} must be one of {words}, got {shown(value)}")
    return cast(Word, value)


def shown(value: object) -> str:
    """A value as a message shows it: as JSON, cut where it is long."""
    written = json.dumps(value)
    return written if len(written) <= 80 else f"{written[:77]}..."


def _field(of: Object, name: str) -> object:
    return of.get(name.rpartition(".")[2])
