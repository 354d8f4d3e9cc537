"""The author of all texts that the model learns from: a pupil who makes the mistakes of a class.

Pupils do not err at random. Brown and Burton ("Diagnostic models for procedural bugs in basic mathematical
skills", Cognitive Science 2, 1978) found that most wrong results follow a wrong procedure, and that a class
shares its wrong procedures. Two of theirs are used here: a multiplication that forgets the carry, and a
subtraction that takes the smaller digit from the larger in every column. They are common for some types of
steps and rare for others, so three pupils often make the same mistake, and a vote among them does not help.

A second look helps: a pupil who sees the others' steps copies what is confirmed and works out the rest with
care. The pupil never learns what is right.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from random import Random
from typing import Literal, NamedTuple

from tiny_lm.problems import Problem, product_without_carry

Operator = Literal["*", "-"]


class Attention(NamedTuple):
    """How closely a pupil looks at one step of a calculation."""

    bug_factor: float
    """What the step's bug rate is multiplied by."""
    slip_rate: float
    """Chance that one digit of the result is written down wrongly."""


CASUAL = Attention(bug_factor=1.0, slip_rate=0.03)
CAREFUL = Attention(bug_factor=0.1, slip_rate=0.01)

HARD_BUG_RATE = 0.6
EASY_BUG_RATE = 0.15

View = Mapping[str, Counter[int]]
"""How often each result was written down for a step: `{"38*6": Counter({228: 2, 188: 1})}`."""

STEP = re.compile(r"(\d+[*-]\d+)=(\d+)(?: \((\d+)\))?")
"""A step, and in a summary how many wrote it: `38*6=228 (2)`."""


def right_result(left: int, operator: Operator, right: int) -> int:
    """The result of a step; a difference below zero is taken as its absolute value."""
    return left * right if operator == "*" else abs(left - right)


def buggy_result(left: int, operator: Operator, right: int) -> int:
    """The result of a step by the wrong procedure for its operator; it can happen to be right."""
    if operator == "*":
        return product_without_carry(left, right)
    return sum(abs(left // place % 10 - right // place % 10) * place for place in (1, 10, 100, 1000))


def bug_rate(operator: Operator, right: int) -> float:
    """How often a casual pupil takes the wrong procedure: multipliers and last digits from 6 up are hard."""
    hard = right >= 6 if operator == "*" else right % 10 >= 6
    return HARD_BUG_RATE if hard else EASY_BUG_RATE


def slip(value: int, random: Random) -> int:
    """The value with one digit replaced by another; a longer number does not begin with 0."""
    digits = list(str(value))
    place = random.randrange(len(digits))
    others = [digit for digit in "0123456789" if digit != digits[place]]
    if place == 0 and len(digits) > 1 and "0" in others:
        others.remove("0")
    digits[place] = random.choice(others)
    return int("".join(digits))


def compute(left: int, operator: Operator, right: int, attention: Attention, random: Random) -> int:
    """What a pupil writes down as the result of one step."""
    buggy = random.random() < attention.bug_factor * bug_rate(operator, right)
    result = (buggy_result if buggy else right_result)(left, operator, right)
    return slip(result, random) if random.random() < attention.slip_rate else result


def confirmed(results: Counter[int] | None) -> int | None:
    """The result that at least two wrote down and nobody contradicts, else None."""
    if results is None or len(results) != 1 or results.total() < 2:
        return None
    return next(iter(results))


def written(steps: Iterable[tuple[str, int]], result: int) -> str:
    """An answer: `38*6=228,228-19=209 \\boxed{209}`."""
    listed = ",".join(f"{step}={value}" for step, value in steps)
    return f"{listed} \\boxed{{{result}}}"


def textbook_answer(problem: Problem) -> str:
    """The right answer, as a textbook prints it."""
    product = problem.b * problem.c
    difference = product - problem.d
    steps = [(f"{problem.b}*{problem.c}", product), (f"{product}-{problem.d}", difference)]
    return written(steps, difference)


def first_answer(problem: Problem, random: Random) -> str:
    """What a pupil answers alone, at a casual look."""
    product = compute(problem.b, "*", problem.c, CASUAL, random)
    difference = compute(product, "-", problem.d, CASUAL, random)
    steps = [(f"{problem.b}*{problem.c}", product), (f"{product}-{problem.d}", difference)]
    return written(steps, difference)


def second_answer(problem: Problem, view: View, random: Random) -> str:
    """What a pupil answers who has seen other answers.

    A confirmed step is copied. Whatever is in dispute, or was written by one alone or by nobody, is worked
    out with care.
    """

    def look(left: int, operator: Operator, right: int) -> tuple[str, int]:
        step = f"{left}{operator}{right}"
        result = confirmed(view.get(step))
        if result is None:
            result = compute(left, operator, right, CAREFUL, random)
        return step, result

    product = look(problem.b, "*", problem.c)
    difference = look(product[1], "-", problem.d)
    return written([product, difference], difference[1])


def steps_in(texts: Iterable[str]) -> dict[str, Counter[int]]:
    """All steps of some texts with the results that they name, in the order in which they first appear.

    A step of a summary counts as often as the summary says.
    """
    view: dict[str, Counter[int]] = {}
    for text in texts:
        for step, result, times in STEP.findall(text):
            view.setdefault(step, Counter())[int(result)] += int(times or 1)
    return view


def summary(answers: Iterable[str]) -> str:
    """Every step and result that the answers hold and how many wrote it, multiplications first.

    For example `38*6=228 (1), 38*6=188 (1), 228-19=209 (1), 188-19=171 (1)`.
    """
    view = steps_in(answers)
    ordered = sorted(view, key=lambda step: "*" not in step)
    return ", ".join(f"{step}={result} ({times})" for step in ordered for result, times in view[step].items())
