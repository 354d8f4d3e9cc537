"""Rows as token ids and labels: one example for each learned turn, with loss on that turn alone."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from .dataset import Row

IGNORED = -100
"""The label of a token that takes no loss."""


class ChatTokenizer(Protocol):
    """What is asked of the base model's tokenizer."""

    def render(self, messages: list[dict[str, str]], *, prompt: bool) -> str:
        """The conversation in the words of the chat template; a prompt ends where an answer begins."""

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, nothing added to it."""


class TemplateError(Exception):
    """A conversation that the chat template refuses."""


@dataclass(frozen=True, slots=True)
class Example:
    """One sequence; labels are its token ids where it takes loss, else -100."""

    input_ids: list[int]
    labels: list[int]

    def learned_tokens(self) -> int:
        """How many of its tokens take loss."""
        return sum(label != IGNORED for label in self.labels)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Why a row is not trained on: a word by which it is counted, and the same at length."""

    reason: str
    detail: str


Encoded: TypeAlias = list[Example] | Dropped


def encode_row(
    row: Row, tokenizer: ChatTokenizer, ends: Collection[int], end: int, max_length: int
) -> Encoded:
    """
    The examples of a row. `ends` are the tokens at which the engine stops, `end` the one that is added
    where the template ends a turn without any. A row of which one example is too long is dropped whole.
    """
    messages = [{"role": message.role, "content": message.content} for message in row.messages]
    examples: list[Example] = []
    for turn in row.learned_turns():
        try:
            prompt = tokenizer.render(messages[:turn], prompt=True)
            whole = tokenizer.render(messages[: turn + 1], prompt=False)
        except TemplateError as error:
            return Dropped("outside-template", f"the chat template refuses it: {error}")
        if not whole.startswith(prompt):
            detail = f"messages[{turn}] in the chat template does not go on from its prompt"
            return Dropped("outside-template", detail)
        example = _encode_turn(tokenizer, prompt, whole, ends, end)
        length = len(example.input_ids)
        if length > max_length:
            return Dropped("too-long", f"it has {length} tokens at messages[{turn}], over {max_length}")
        examples.append(example)
    return examples


def _encode_turn(
    tokenizer: ChatTokenizer, prompt: str, whole: str, ends: Collection[int], end: int
) -> Example:
    before = tokenizer.encode(prompt)
    together = tokenizer.encode(whole)
    # Where tokens merge across the border, the answer begins as it does in an engine: after the prompt.
    merged = together[: len(before)] != before
    answer = tokenizer.encode(whole[len(prompt) :]) if merged else together[len(before) :]
    stop = next((i for i, token in enumerate(answer) if token in ends), None)
    answer = [*answer, end] if stop is None else answer[: stop + 1]
    return Example([*before, *answer], [*[IGNORED] * len(before), *answer])
