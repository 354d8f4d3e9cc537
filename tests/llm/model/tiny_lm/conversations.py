"""What the roles of a debate read and write, and the rows that the model is pretrained on.

The prompts stand in prompts.json, the templates that a society on this model is created with: the model knows
them word for word and no others.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

from tiny_lm.problems import Problem, problems
from tiny_lm.teacher import first_answer, second_answer, steps_in, summary, textbook_answer
from tiny_lm.tokenizer import Message, encode_chat, encode_turn

PROMPTS_FILE = Path(__file__).parent.parent / "prompts.json"

RowKind = Literal["textbook", "summary", "critique"]


@cache
def templates() -> dict[str, str]:
    """The prompt templates by the names that a society gives them."""
    loaded: dict[str, str] = json.loads(PROMPTS_FILE.read_text())
    return loaded


def quoted(answers: Sequence[str]) -> str:
    """Several answers as a prompt shows them."""
    answer = templates()["answer"]
    return templates()["separator"].join(
        answer.format(number=number, answer=text) for number, text in enumerate(answers, start=1)
    )


def question_turns(problem: Problem) -> list[Message]:
    """What an agent reads before its first answer."""
    return [Message("user", templates()["question"].format(question=problem.question))]


def summary_turns(problem: Problem, answers: Sequence[str]) -> list[Message]:
    """What a summariser reads."""
    prompt = templates()["summary"].format(question=problem.question, answers=quoted(answers))
    return [Message("user", prompt)]


def critique_turns(problem: Problem, own: str, others: str) -> list[Message]:
    """What a critic reads: the question, its own first answer and a summary of the others' answers."""
    prompt = templates()["critique"].format(question=problem.question, summary=others)
    return [*question_turns(problem), Message("assistant", own), Message("user", prompt)]


class Row(NamedTuple):
    """A conversation to learn from."""

    ids: list[int]
    """Its tokens."""
    learned: list[bool]
    """For each token whether it is to be predicted: those of the assistant's turns, ends included."""


def row(turns: Sequence[Message]) -> Row:
    """The row of a whole conversation. Every turn of the assistant is learned."""
    ids = encode_chat([])[:-1]
    learned = [False] * len(ids)
    for turn in turns:
        role, *rest = encode_turn(turn)
        ids += [role, *rest]
        learned += [False] + [turn.role == "assistant"] * len(rest)
    return Row(ids, learned)


def write_row(kind: RowKind, random: Random) -> Row:
    """Let pupils talk about a problem that is not held out, and take one conversation of theirs."""
    problem = random.choice(problems(held_out=False))
    if kind == "textbook":
        return row([*question_turns(problem), Message("assistant", textbook_answer(problem))])
    own, *others = (first_answer(problem, random) for _ in range(3))
    if kind == "summary":
        return row([*summary_turns(problem, others), Message("assistant", summary(others))])
    seen = summary(others)
    improved = second_answer(problem, steps_in([own, seen]), random)
    return row([*critique_turns(problem, own, seen), Message("assistant", improved)])
