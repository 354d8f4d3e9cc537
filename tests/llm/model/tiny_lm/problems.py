"""The problems `b*c-d`: which there are, which are held out, and what is right."""

import re
from functools import cache
from random import Random
from typing import NamedTuple


class Problem(NamedTuple):
    """The exercise `b*c-d`, say 38*6-19."""

    b: int
    c: int
    d: int

    @property
    def question(self) -> str:
        """How the exercise is asked: `38*6-19=?`."""
        return f"{self.b}*{self.c}-{self.d}=?"

    @property
    def solution(self) -> int:
        """The right result."""
        return self.b * self.c - self.d


def product_without_carry(b: int, c: int) -> int:
    """The product of a two-digit and a one-digit number whose carry into the tens is forgotten.

    38*6 becomes 188: 6 times 3 tens are 180, and of 6 times 8 only the 8 is written down.
    """
    tens, units = divmod(b, 10)
    return tens * c * 10 + units * c % 10


def is_held_out(problem: Problem) -> bool:
    """Whether a problem is for evaluation alone: the model never sees it while it is pretrained.

    Parley's own generator of such problems follows the same rule.
    """
    return (problem.b * 31 + problem.c * 17 + problem.d * 7) % 11 == 0


@cache
def problems(*, held_out: bool) -> tuple[Problem, ...]:
    """All problems of one side of the split, in ascending order.

    `d` is at most the product without its carry, so that no result is negative, not even a wrong one.
    """
    space = (Problem(b, c, d) for b in range(12, 100) for c in range(3, 10) for d in range(10, 100))
    return tuple(
        problem
        for problem in space
        if product_without_carry(problem.b, problem.c) >= problem.d and is_held_out(problem) == held_out
    )


def sample_problems(count: int, random: Random, *, held_out: bool) -> list[Problem]:
    """Draw `count` different problems of one side of the split."""
    return random.sample(problems(held_out=held_out), count)


def final_answer(text: str) -> int | None:
    """The number in the last `\\boxed{…}` of an answer, None where there is none."""
    boxes: list[str] = re.findall(r"\\boxed\{(\d+)\}", text)
    return int(boxes[-1]) if boxes else None
