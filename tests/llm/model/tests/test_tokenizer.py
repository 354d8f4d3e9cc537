from pathlib import Path
from random import Random
from typing import Any

import pytest
from transformers import AutoTokenizer

from tiny_lm.conversations import critique_turns, question_turns, summary_turns
from tiny_lm.problems import Problem
from tiny_lm.teacher import first_answer, summary
from tiny_lm.tokenizer import (
    CHARACTERS,
    PHRASES,
    SPECIAL_TOKENS,
    VOCABULARY,
    Message,
    decode,
    encode,
    encode_chat,
    encode_turn,
    save_tokenizer,
)

TEXTS = [
    "",
    "38*6-19=?",
    "38*6=228,228-19=209 \\boxed{209}",
    "Summarize: 38*6-19=?\n1) 38*6=228\n2) 38*6=188",
    "38*6=228 (2), 228-19=209 (1)",
    "Others: Check and solve: \\boxed{",
    "  Any other text; even {braces} and <angles>!\n",
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(folder)
    return AutoTokenizer.from_pretrained(folder)


def conversations() -> list[list[Message]]:
    problem, random = Problem(38, 6, 19), Random(1)
    own, *others = (first_answer(problem, random) for _ in range(3))
    return [
        question_turns(problem),
        summary_turns(problem, others),
        critique_turns(problem, own, summary(others)),
        [Message("system", "Be brief."), *question_turns(problem)],
    ]


def test_every_token_has_one_number() -> None:
    assert len(VOCABULARY) == len(SPECIAL_TOKENS) + len(PHRASES) + len(CHARACTERS)
    assert sorted(VOCABULARY.values()) == list(range(len(VOCABULARY)))


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    assert decode(encode(text)) == text


def test_a_phrase_is_one_token() -> None:
    assert [len(encode(phrase)) for phrase in PHRASES] == [1] * len(PHRASES)


@pytest.mark.parametrize("text", [*TEXTS, "π, é and 数"])
def test_the_saved_tokenizer_encodes_alike(saved: Any, text: str) -> None:
    assert saved.encode(text, add_special_tokens=False) == encode(text)


@pytest.mark.parametrize("text", TEXTS)
def test_the_saved_tokenizer_decodes_alike(saved: Any, text: str) -> None:
    assert saved.decode(encode(text), skip_special_tokens=True) == text


@pytest.mark.parametrize("turns", conversations())
def test_the_chat_template_makes_the_tokens_that_were_pretrained_on(saved: Any, turns: list[Message]) -> None:
    messages = [turn._asdict() for turn in turns]
    templated = saved.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    assert templated == encode_chat(turns)


def test_a_whole_conversation_begins_with_its_prompt(saved: Any) -> None:
    """Trainers take the tokens after the prompt as those to learn."""
    turns = conversations()[2]
    reply = Message("assistant", "38*6=228,228-19=209 \\boxed{209}")
    messages = [turn._asdict() for turn in [*turns, reply]]
    whole = saved.apply_chat_template(messages, return_dict=False)
    assert whole == encode_chat(turns) + encode_turn(reply)[1:]
