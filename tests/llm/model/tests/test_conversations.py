import re
from random import Random

import pytest

from tiny_lm.conversations import (
    RowKind,
    critique_turns,
    question_turns,
    row,
    summary_turns,
    templates,
    write_row,
)
from tiny_lm.problems import Problem, is_held_out
from tiny_lm.tokenizer import CONTEXT_TOKENS, TOKENS, Message

PROBLEM = Problem(38, 6, 19)
OWN = "38*6=188,188-19=169 \\boxed{169}"
OTHER = "38*6=228,228-19=209 \\boxed{209}"


def test_the_templates_are_all_that_a_society_can_set() -> None:
    assert set(templates()) == {
        "version",
        "question",
        "summary",
        "critique",
        "rawCritique",
        "loneCritique",
        "answer",
        "separator",
    }


def test_the_roles_read_these_very_prompts() -> None:
    assert question_turns(PROBLEM) == [Message("user", "38*6-19=?")]
    assert summary_turns(PROBLEM, [OTHER, OWN]) == [
        Message(
            "user",
            "Summarize: 38*6-19=?\n1) 38*6=228,228-19=209 \\boxed{209}\n2) 38*6=188,188-19=169 \\boxed{169}",
        )
    ]
    assert critique_turns(PROBLEM, OWN, "38*6=228 (2), 228-19=209 (2)") == [
        Message("user", "38*6-19=?"),
        Message("assistant", "38*6=188,188-19=169 \\boxed{169}"),
        Message("user", "Others: 38*6=228 (2), 228-19=209 (2)\nCheck and solve: 38*6-19=?"),
    ]


def test_the_turns_of_the_assistant_are_learned_and_nothing_else() -> None:
    ids, learned = row([Message("user", "1+1"), Message("assistant", "2"), Message("user", "?")])
    shown = [(TOKENS[number], is_learned) for number, is_learned in zip(ids, learned, strict=True)]
    assert shown == [
        ("<begin>", False),
        ("<user>", False),
        ("1", False),
        ("+", False),
        ("1", False),
        ("<end>", False),
        ("<assistant>", False),
        ("2", True),
        ("<end>", True),
        ("<user>", False),
        ("?", False),
        ("<end>", False),
    ]


@pytest.mark.parametrize(("kind", "learned_turns"), [("textbook", 1), ("summary", 1), ("critique", 2)])
def test_rows_fit_and_are_about_problems_that_are_not_held_out(kind: RowKind, learned_turns: int) -> None:
    random = Random(1)
    for _ in range(300):
        ids, learned = write_row(kind, random)
        asked = re.search(r"(\d+)\*(\d)-(\d+)=\?", "".join(TOKENS[number] for number in ids))
        assert asked is not None
        assert not is_held_out(Problem(*(int(number) for number in asked.groups())))
        assert len(ids) == len(learned) <= CONTEXT_TOKENS // 4
        starts = [place for place in range(1, len(ids)) if learned[place] and not learned[place - 1]]
        assert len(starts) == learned_turns


def test_a_row_is_decided_by_its_seed() -> None:
    assert write_row("critique", Random("1/2/critique/3")) == write_row("critique", Random("1/2/critique/3"))
    assert write_row("critique", Random("1/2/critique/3")) != write_row("critique", Random("1/2/critique/4"))
