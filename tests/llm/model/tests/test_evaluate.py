from collections.abc import Sequence
from random import Random

import pytest

from tiny_lm.debaters import Pupils
from tiny_lm.evaluate import Estimate, disagreement, hold, measures, singles, vote, votes
from tiny_lm.problems import Problem, sample_problems

ASKED = [Problem(38, 6, 19), Problem(12, 3, 10)]
TEXTS = [["\\boxed{209}", "\\boxed{26}"], ["\\boxed{209}", "none"], ["\\boxed{1}", "\\boxed{7}"]]


def test_a_vote_takes_the_largest_group_and_draws_in_a_tie() -> None:
    assert vote([1, 2, 2], Random(0)) == 2
    assert vote([None, None, 5], Random(0)) == 5
    assert vote([None, None], Random(0)) is None
    assert {vote([1, 2, None], Random(seed)) for seed in range(20)} == {1, 2}


def test_answers_that_are_missing_count_as_wrong() -> None:
    assert singles(ASKED, TEXTS) == pytest.approx([2 / 3, 1 / 3])
    assert votes(ASKED, TEXTS, Random(0))[0] == 1
    assert disagreement(TEXTS) == pytest.approx([2 / 3, 1])


def test_an_estimate_is_a_mean_with_its_standard_error() -> None:
    estimate = Estimate.of([0, 1, 1, 0])
    assert estimate.mean == 0.5
    assert estimate.error == pytest.approx((1 / 3) ** 0.5 / 2)
    assert str(estimate) == "0.500 ± 0.289"


def test_critics_read_the_others_and_not_themselves() -> None:
    class Named:
        """Agents whose answers are their numbers, and a record of what they read."""

        def __init__(self) -> None:
            self.read: list[tuple[str, set[str]]] = []

        def answer(self, asked: Sequence[Problem]) -> list[str]:
            return [str(place) for place in range(len(asked))]

        def summarise(self, asked: Sequence[Problem], answers: Sequence[Sequence[str]]) -> list[str]:
            return [" ".join(shown) for shown in answers]

        def criticise(
            self, asked: Sequence[Problem], own: Sequence[str], summaries: Sequence[str]
        ) -> list[str]:
            self.read = [(one, set(text.split())) for one, text in zip(own, summaries, strict=True)]
            return list(own)

    named = Named()
    hold(named, ASKED, Random(0))
    debates = [{"0", "2", "4"}, {"1", "3", "5"}]
    assert named.read == [(own, debates[int(own) % 2] - {own}) for own in "012345"]


def test_debate_gains_from_others_and_not_from_a_second_look_at_oneself() -> None:
    random = Random(5)
    found = measures(Pupils(random), sample_problems(2_000, random, held_out=True), random)
    assert found["one answer"].mean == pytest.approx(0.46, abs=0.04)
    assert found["debate minus majority of 3, paired"].mean > 0.25
    assert abs(found["own answer in place of the others'"].mean - found["one answer"].mean) < 0.06
    assert found["exact summaries"].mean == 1
