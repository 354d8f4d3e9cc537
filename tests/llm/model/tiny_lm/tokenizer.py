"""Text to token ids and back: one token for each character, and for the phrases that debates repeat.

`encode` and `encode_chat` serve pretraining. `save_tokenizer` writes the same mapping in the format of
Hugging Face, chat template included; a test holds the two against each other.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

Role = Literal["system", "user", "assistant"]


class Message(NamedTuple):
    """One turn of a conversation."""

    role: Role
    content: str


PAD, BEGIN, END, UNKNOWN = "<pad>", "<begin>", "<end>", "<unknown>"
ROLE_TOKENS: dict[Role, str] = {"system": "<system>", "user": "<user>", "assistant": "<assistant>"}
SPECIAL_TOKENS = (PAD, BEGIN, END, UNKNOWN, *ROLE_TOKENS.values())

PHRASES = ("\\boxed{", "Summarize: ", "Others: ", "Check and solve: ", "1) ", "2) ", " (1)", " (2)")
"""Strings that are one token each wherever they stand in a text; where two begin, the first listed wins."""

CHARACTERS = ("\n", *(chr(code) for code in range(ord(" "), ord("~") + 1)))

VOCABULARY = {token: number for number, token in enumerate((*SPECIAL_TOKENS, *PHRASES, *CHARACTERS))}
TOKENS = {number: token for token, number in VOCABULARY.items()}

PAD_ID, BEGIN_ID, END_ID, UNKNOWN_ID = (VOCABULARY[token] for token in (PAD, BEGIN, END, UNKNOWN))

CONTEXT_TOKENS = 1024
"""Longest conversation that the model takes."""

SPLIT = "|".join(re.escape(phrase) for phrase in PHRASES) + r"|[\s\S]"

CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{{ '<' + message['role'] + '>' + message['content'] + eos_token }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
)


def encode(text: str) -> list[int]:
    """The tokens of a text without special ones; characters beyond ASCII become `<unknown>`."""
    return [VOCABULARY.get(token, UNKNOWN_ID) for token in re.findall(SPLIT, text)]


def decode(ids: Iterable[int]) -> str:
    """The text of some tokens; special ones say nothing."""
    return "".join(TOKENS[number] for number in ids if number >= len(SPECIAL_TOKENS))


def encode_turn(message: Message) -> list[int]:
    """One turn of a conversation: its role, its text, its end."""
    return [VOCABULARY[ROLE_TOKENS[message.role]], *encode(message.content), END_ID]


def encode_chat(messages: Sequence[Message]) -> list[int]:
    """A conversation up to where the assistant begins to answer."""
    turns = [number for message in messages for number in encode_turn(message)]
    return [BEGIN_ID, *turns, VOCABULARY[ROLE_TOKENS["assistant"]]]


def save_tokenizer(folder: Path) -> None:
    """Write the tokenizer and its chat template into a model's folder."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(SPLIT), "isolated")
    tokenizer.decoder = decoders.Fuse()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BEGIN,
        eos_token=END,
        unk_token=UNKNOWN,
        additional_special_tokens=list(ROLE_TOKENS.values()),
        model_max_length=CONTEXT_TOKENS,
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = CHAT_TEMPLATE
    wrapped.save_pretrained(folder)
