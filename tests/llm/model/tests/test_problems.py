from random import Random

import pytest

from tiny_lm.problems import (
    Problem,
    final_answer,
    is_held_out,
    problems,
    product_without_carry,
    sample_problems,
)


@pytest.mark.parametrize(
    ("problem", "remainder"),
    [
        (Problem(38, 6, 19), 5),  # 1413 = 128 * 11 + 5
        (Problem(12, 3, 10), 9),  # 493 = 44 * 11 + 9
        (Problem(99, 9, 99), 10),  # 3915 = 355 * 11 + 10
        (Problem(47, 8, 20), 6),  # 1733 = 157 * 11 + 6
        (Problem(38, 6, 23), 0),  # 1441 = 131 * 11
    ],
)
def test_a_problem_is_held_out_where_the_weighted_sum_is_divisible_by_11(
    problem: Problem, remainder: int
) -> None:
    assert (problem.b * 31 + problem.c * 17 + problem.d * 7) % 11 == remainder
    assert is_held_out(problem) == (remainder == 0)


def test_the_two_sides_of_the_split_share_nothing_and_are_the_whole_space() -> None:
    held_out, open_to_all = problems(held_out=True), problems(held_out=False)
    assert (len(held_out), len(open_to_all)) == (4_819, 48_135)
    assert not set(held_out) & set(open_to_all)


def test_no_result_is_negative_even_without_the_carry() -> None:
    everything = problems(held_out=True) + problems(held_out=False)
    assert min(problem.solution for problem in everything) >= 0
    assert min(product_without_carry(problem.b, problem.c) - problem.d for problem in everything) == 0


def test_a_problem_is_asked_as_a_bare_expression() -> None:
    problem = Problem(38, 6, 19)
    assert problem.question == "38*6-19=?"
    assert problem.solution == 209


def test_a_sample_is_decided_by_its_seed_and_has_no_problem_twice() -> None:
    first, again = (sample_problems(500, Random(7), held_out=True) for _ in range(2))
    assert first == again
    assert len(set(first)) == 500
    assert all(is_held_out(problem) for problem in first)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("38*6=228,228-19=209 \\boxed{209}", 209),
        ("\\boxed{1} or \\boxed{2}", 2),
        ("\\boxed{}", None),
        ("209", None),
        ("", None),
    ],
)
def test_the_final_answer_is_the_last_boxed_number(text: str, answer: int | None) -> None:
    assert final_answer(text) == answer
