from collections import Counter
from random import Random

import pytest

from tiny_lm.problems import Problem, final_answer, problems
from tiny_lm.teacher import (
    CAREFUL,
    CASUAL,
    Attention,
    Operator,
    bug_rate,
    buggy_result,
    compute,
    confirmed,
    first_answer,
    second_answer,
    slip,
    steps_in,
    summary,
    textbook_answer,
)

RIGHT = "38*6=228,228-19=209 \\boxed{209}"
WITHOUT_CARRY = "38*6=188,188-19=169 \\boxed{169}"
WITHOUT_BORROW = "38*6=228,228-19=211 \\boxed{211}"


@pytest.mark.parametrize(
    ("left", "operator", "right", "buggy"),
    [
        (38, "*", 6, 188),
        (12, "*", 3, 36),
        (99, "*", 9, 811),
        (228, "-", 19, 211),
        (228, "-", 17, 211),
        (1000, "-", 1, 1001),
    ],
)
def test_a_bug_is_a_procedure_and_not_a_random_digit(
    left: int, operator: Operator, right: int, buggy: int
) -> None:
    assert buggy_result(left, operator, right) == buggy


@pytest.mark.parametrize(
    ("left", "operator", "right", "rate"),
    [(18, "*", 5, 0.15), (18, "*", 6, 0.6), (222, "-", 75, 0.15), (222, "-", 16, 0.6)],
)
@pytest.mark.parametrize("attention", [CASUAL, CAREFUL])
def test_bugs_come_at_the_rate_of_their_step(
    left: int, operator: Operator, right: int, rate: float, attention: Attention
) -> None:
    random = Random(1)
    bug = buggy_result(left, operator, right)
    found = sum(compute(left, operator, right, attention, random) == bug for _ in range(20_000)) / 20_000
    assert bug_rate(operator, right) == rate
    assert found == pytest.approx(rate * attention.bug_factor * (1 - attention.slip_rate), abs=0.02)


def test_a_slip_changes_one_digit_and_leaves_no_leading_zero() -> None:
    random = Random(2)
    for value in (0, 7, 10, 209, 811):
        for _ in range(200):
            slipped = str(slip(value, random))
            assert len(slipped) == len(str(value))
            assert sum(one != other for one, other in zip(slipped, str(value), strict=True)) == 1


def test_a_textbook_is_right_about_every_problem() -> None:
    assert textbook_answer(Problem(38, 6, 19)) == RIGHT
    for problem in problems(held_out=False):
        assert final_answer(textbook_answer(problem)) == problem.solution


def test_pupils_alone_are_right_in_30_to_60_of_100_cases_and_share_their_mistakes() -> None:
    random = Random(3)
    asked = [random.choice(problems(held_out=True)) for _ in range(4_000)]
    pairs = [(first_answer(problem, random), first_answer(problem, random)) for problem in asked]
    wrong = [
        (one, other)
        for problem, (one, other) in zip(asked, pairs, strict=True)
        if final_answer(one) != problem.solution and final_answer(other) != problem.solution
    ]
    right = sum(final_answer(one) == problem.solution for problem, (one, _) in zip(asked, pairs, strict=True))
    assert 0.40 < right / len(asked) < 0.52
    assert sum(one == other for one, other in wrong) / len(wrong) > 0.3


def test_a_step_is_confirmed_by_two_that_nobody_contradicts() -> None:
    assert confirmed(Counter({228: 2})) == 228
    assert confirmed(Counter({228: 1})) is None
    assert confirmed(Counter({228: 2, 188: 1})) is None
    assert confirmed(None) is None


def test_a_second_look_copies_what_is_confirmed_even_if_it_is_wrong() -> None:
    view = steps_in([WITHOUT_CARRY, summary([WITHOUT_CARRY, WITHOUT_CARRY])])
    assert {second_answer(Problem(38, 6, 19), view, Random(seed)) for seed in range(50)} == {WITHOUT_CARRY}


def test_a_second_look_works_out_with_care_what_is_in_dispute() -> None:
    view = steps_in([WITHOUT_CARRY, summary([RIGHT, WITHOUT_BORROW])])
    random = Random(4)
    answers = Counter(second_answer(Problem(38, 6, 19), view, random) for _ in range(5_000))
    # each of two steps: no bug with 1 - 0.1 * 0.6, no slip with 1 - 0.01
    assert answers[RIGHT] / 5_000 == pytest.approx((0.94 * 0.99) ** 2, abs=0.02)


def test_a_summary_counts_each_result_of_each_step() -> None:
    assert summary([RIGHT, WITHOUT_CARRY]) == "38*6=228 (1), 38*6=188 (1), 228-19=209 (1), 188-19=169 (1)"
    assert summary([RIGHT, WITHOUT_BORROW]) == "38*6=228 (2), 228-19=209 (1), 228-19=211 (1)"
    assert summary([RIGHT, RIGHT]) == "38*6=228 (2), 228-19=209 (2)"


def test_the_steps_of_a_summary_count_as_those_of_its_answers() -> None:
    for answers in ([RIGHT, WITHOUT_CARRY], [RIGHT, RIGHT, WITHOUT_BORROW]):
        assert steps_in([summary(answers)]) == steps_in(answers)
