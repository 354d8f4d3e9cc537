"""How good a model is at debates: one answer, a vote, a debate, each on the same held-out problems.

    python -m tiny_lm.evaluate FOLDER --questions 300
    python -m tiny_lm.evaluate pupils --questions 3000

Two rounds of three agents that share one model, at temperature 1. `pupils` measures the authors of the
pretraining texts in place of a model: what it can learn to be.
"""

import argparse
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean, stdev

from tiny_lm.debaters import Debater, Model, Pupils
from tiny_lm.problems import Problem, final_answer, sample_problems
from tiny_lm.teacher import steps_in, summary

AGENTS = 3


@dataclass(frozen=True)
class Estimate:
    """A mean over problems and its standard error."""

    mean: float
    error: float

    @staticmethod
    def of(values: Sequence[float]) -> "Estimate":
        """The estimate from one value for each problem; it needs two."""
        return Estimate(fmean(values), stdev(values) / math.sqrt(len(values)))

    def __str__(self) -> str:
        """Both to three digits."""
        return f"{self.mean:.3f} ± {self.error:.3f}"


@dataclass(frozen=True)
class Rounds:
    """The texts of debates on some problems; outer lists by agent, inner ones by problem."""

    asked: list[Problem]
    first: list[list[str]]
    summaries: list[list[str]]
    second: list[list[str]]


def others(position: int) -> list[int]:
    """The positions that are not this one."""
    return [other for other in range(AGENTS) if other != position]


def hold(debater: Debater, asked: list[Problem], random: Random) -> Rounds:
    """Let three agents debate each problem in two rounds."""
    everyone = range(AGENTS)
    first = _by_agent(debater.answer(asked * AGENTS), len(asked))
    shown = [
        random.sample([first[other][place] for other in others(agent)], AGENTS - 1)
        for agent in everyone
        for place in range(len(asked))
    ]
    summaries = _by_agent(debater.summarise(asked * AGENTS, shown), len(asked))
    second = criticised(debater, asked, first, summaries)
    return Rounds(asked, first, summaries, second)


def criticised(
    debater: Debater, asked: list[Problem], first: list[list[str]], summaries: list[list[str]]
) -> list[list[str]]:
    """The second answers of all agents."""
    texts = debater.criticise(
        asked * AGENTS,
        [text for agent in first for text in agent],
        [text for agent in summaries for text in agent],
    )
    return _by_agent(texts, len(asked))


def _by_agent(texts: list[str], problems: int) -> list[list[str]]:
    return [texts[start : start + problems] for start in range(0, len(texts), problems)]


def vote(answers: Sequence[int | None], random: Random) -> int | None:
    """The most frequent answer, drawn among those where several are; None where nobody gave one."""
    counts = Counter(answer for answer in answers if answer is not None)
    most = max(counts.values(), default=0)
    return random.choice([answer for answer in counts if counts[answer] == most] or [None])


def votes(asked: list[Problem], texts: list[list[str]], random: Random) -> list[float]:
    """For each problem whether the vote over its answers is right: 1 or 0."""
    return [
        float(vote([final_answer(text) for text in answers], random) == problem.solution)
        for problem, answers in zip(asked, zip(*texts, strict=True), strict=True)
    ]


def singles(asked: list[Problem], texts: list[list[str]]) -> list[float]:
    """For each problem the share of its answers that are right."""
    return [
        fmean(final_answer(text) == problem.solution for text in answers)
        for problem, answers in zip(asked, zip(*texts, strict=True), strict=True)
    ]


def disagreement(texts: list[list[str]]) -> list[float]:
    """For each problem the share of pairs of agents whose answers differ."""
    return [
        fmean(
            final_answer(answers[one]) != final_answer(answers[other])
            for one in range(AGENTS)
            for other in range(one)
        )
        for answers in zip(*texts, strict=True)
    ]


def measures(debater: Debater, asked: list[Problem], random: Random) -> dict[str, Estimate]:
    """Hold debates and measure them, with two controls.

    "Exact summaries" says what the summaries' mistakes cost. "Own answer in place of the others'" says how
    much a second look gains without anyone else.
    """
    held = hold(debater, asked, random)
    more = _by_agent(debater.answer(asked * 2 * AGENTS), len(asked))
    exact = [
        [summary(answers) for answers in zip(*(held.first[other] for other in others(agent)), strict=True)]
        for agent in range(AGENTS)
    ]
    repeated = [[summary([text] * (AGENTS - 1)) for text in agent] for agent in held.first]
    with_exact = criticised(debater, asked, held.first, exact)
    with_own = criticised(debater, asked, held.first, repeated)
    majority = votes(asked, held.first, random)
    debate = votes(asked, held.second, random)
    gain = [after - before for after, before in zip(debate, majority, strict=True)]
    values = {
        "one answer": singles(asked, held.first),
        "majority of 3": majority,
        "majority of 9": votes(asked, held.first + more, random),
        "one critic": singles(asked, held.second),
        "debate": debate,
        "debate minus majority of 3, paired": gain,
        "debate with exact summaries": votes(asked, with_exact, random),
        "own answer in place of the others'": votes(asked, with_own, random),
        "exact summaries": exactness(held.summaries, exact),
        "disagreement in round 1": disagreement(held.first),
        "disagreement in round 2": disagreement(held.second),
    }
    return {name: Estimate.of(list_of_values) for name, list_of_values in values.items()}


def exactness(written: list[list[str]], exact: list[list[str]]) -> list[float]:
    """For each problem the share of summaries that name the same steps, as often, in any order."""
    return [
        fmean(steps_in([text]) == steps_in([right]) for text, right in zip(*both, strict=True))
        for both in zip(zip(*written, strict=True), zip(*exact, strict=True), strict=True)
    ]


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description="Measure a model on held-out problems.")
    parser.add_argument("debater", help="a model's folder, or: pupils")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    random = Random(chosen.seed)
    asked = sample_problems(chosen.questions, random, held_out=True)
    pupils = chosen.debater == "pupils"
    debater = Pupils(random) if pupils else Model(Path(chosen.debater), chosen.seed)
    for name, estimate in measures(debater, asked, random).items():
        print(f"{name:40} {estimate}")


if __name__ == "__main__":
    main()
