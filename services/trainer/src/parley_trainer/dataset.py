"""Rows of a dataset: JSON lines `{"messages": [{"role", "content", "weight"?}, …]}`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from .digest import file_digest
from .errors import JobError
from .job import Dataset


@dataclass(frozen=True, slots=True)
class Message:
    """One turn; `learned` is true for an assistant's turn that takes loss."""

    role: str
    content: str
    learned: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation, and the number of its line."""

    line: int
    messages: tuple[Message, ...]

    def learned_turns(self) -> list[int]:
        """Where in `messages` the turns are that take loss."""
        return [i for i, message in enumerate(self.messages) if message.learned]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that is no row, and why."""

    line: int
    why: str


def check_dataset(dataset: Dataset) -> Path:
    """The file, once it is known to have the digest that the job names; raises JobError otherwise."""
    path = Path(dataset.path)
    try:
        found = file_digest(path)
    except OSError as cause:
        raise JobError(f"dataset.path: cannot read {path}: {cause.strerror}") from cause
    if found != dataset.sha256:
        raise JobError(f"dataset has sha256 {found}, the job says {dataset.sha256}")
    return path


def read_rows(path: Path) -> Iterator[Row | Malformed]:
    """Every line of the file, in order."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield _parse_row(number, line)
            except ValueError as cause:
                yield Malformed(number, str(cause))
            except RecursionError:
                yield Malformed(number, "is nested too deeply")


def _parse_row(number: int, line: bytes) -> Row:
    try:
        value: object = json.loads(line)
    except ValueError as cause:
        raise ValueError(f"is not JSON: {cause}") from cause
    messages = cast(dict[str, object], value).get("messages") if isinstance(value, dict) else None
    if not isinstance(messages, list) or not messages:
        raise ValueError("messages must be an array that is not empty")
    row = Row(number, tuple(_parse_message(i, message) for i, message in enumerate(messages)))
    if row.messages[0].role == "assistant":
        raise ValueError("messages[0] must not be an assistant's: it answers nothing")
    return row


def _parse_message(index: int, value: object) -> Message:
    of = cast(dict[str, object], value) if isinstance(value, dict) else {}
    role, content, weight = of.get("role"), of.get("content"), of.get("weight", 1)
    if not isinstance(role, str) or not isinstance(content, str):
        raise ValueError(f"messages[{index}] must have a string role and a string content")
    if isinstance(weight, bool) or weight not in (0, 1):
        raise ValueError(f"messages[{index}].weight must be 0 or 1")
    return Message(role, content, learned=role == "assistant" and weight == 1)
