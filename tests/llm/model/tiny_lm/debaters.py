"""Who can take part in a debate: the model, and the pupils from whom it learned."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Protocol

from tiny_lm.conversations import critique_turns, question_turns, summary_turns
from tiny_lm.problems import Problem
from tiny_lm.teacher import first_answer, second_answer, steps_in, summary
from tiny_lm.tokenizer import END_ID, PAD_ID, Message, decode, encode_chat

ANSWER_TOKENS = 40
"""Room for an answer; the longest proper one has 28 tokens."""

SUMMARY_TOKENS = 96
"""Room for a summary; the longest proper one of two answers has 53 tokens."""


class Debater(Protocol):
    """Who answers, summarises and criticises: from parallel lists to one text for each problem."""

    def answer(self, asked: Sequence[Problem]) -> list[str]:
        """First answers."""

    def summarise(self, asked: Sequence[Problem], answers: Sequence[Sequence[str]]) -> list[str]:
        """Summaries of the answers to each problem."""

    def criticise(self, asked: Sequence[Problem], own: Sequence[str], summaries: Sequence[str]) -> list[str]:
        """Answers in view of one's own first answer and a summary of the others'."""


class Pupils:
    """The pupils whose texts the model learns from."""

    def __init__(self, random: Random) -> None:
        """Pupils that draw their mistakes from `random`."""
        self.random = random

    def answer(self, asked: Sequence[Problem]) -> list[str]:
        """First answers."""
        return [first_answer(problem, self.random) for problem in asked]

    def summarise(self, asked: Sequence[Problem], answers: Sequence[Sequence[str]]) -> list[str]:
        """Summaries without mistakes."""
        return [summary(shown) for shown in answers]

    def criticise(self, asked: Sequence[Problem], own: Sequence[str], summaries: Sequence[str]) -> list[str]:
        """Second answers."""
        return [
            second_answer(problem, steps_in([first, others]), self.random)
            for problem, first, others in zip(asked, own, summaries, strict=True)
        ]


class Model:
    """A language model in a folder, sampled at temperature 1 in float32 on one thread."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Load the model."""
        import torch
        from transformers import LlamaForCausalLM

        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def answer(self, asked: Sequence[Problem]) -> list[str]:
        """First answers."""
        return self.complete([question_turns(problem) for problem in asked], ANSWER_TOKENS)

    def summarise(self, asked: Sequence[Problem], answers: Sequence[Sequence[str]]) -> list[str]:
        """Summaries."""
        conversations = [summary_turns(problem, shown) for problem, shown in zip(asked, answers, strict=True)]
        return self.complete(conversations, SUMMARY_TOKENS)

    def criticise(self, asked: Sequence[Problem], own: Sequence[str], summaries: Sequence[str]) -> list[str]:
        """Second answers."""
        conversations = [
            critique_turns(problem, first, others)
            for problem, first, others in zip(asked, own, summaries, strict=True)
        ]
        return self.complete(conversations, ANSWER_TOKENS)

    def complete(
        self, conversations: Sequence[list[Message]], max_tokens: int, batch: int = 256
    ) -> list[str]:
        """The assistant's next turn in each conversation."""
        prompts = [encode_chat(messages) for messages in conversations]
        shortest_first = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
        texts = [""] * len(prompts)
        for start in range(0, len(prompts), batch):
            places = shortest_first[start : start + batch]
            replies = self._sample([prompts[place] for place in places], max_tokens)
            for place, reply in zip(places, replies, strict=True):
                texts[place] = decode(reply)
        return texts

    def _sample(self, prompts: list[list[int]], max_tokens: int) -> list[list[int]]:
        import torch

        longest = max(len(prompt) for prompt in prompts)
        padding = [longest - len(prompt) for prompt in prompts]
        ids = [[PAD_ID] * pad + prompt for pad, prompt in zip(padding, prompts, strict=True)]
        mask = [[0] * pad + [1] * (longest - pad) for pad in padding]
        with torch.inference_mode():
            sequences = self.model.generate(
                input_ids=torch.tensor(ids),
                attention_mask=torch.tensor(mask),
                max_new_tokens=max_tokens,
                do_sample=True,
                temperature=1.0,
                top_k=0,
                top_p=1.0,
                eos_token_id=END_ID,
                pad_token_id=PAD_ID,
            )
        replies: list[list[int]] = sequences[:, longest:].tolist()
        return replies
