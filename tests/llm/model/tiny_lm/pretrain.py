"""Pretraining from scratch on CPU, in several processes of one thread each.

First a textbook, which holds right answers alone, then debates of pupils. A model that gets all roles at once
in this time does not learn to calculate.

Each process takes its share of a batch and the gradients are summed. Rows depend on the seed, the step and
their place in the batch, so the number of processes changes speed and rounding, not what is learned from.
"""

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean

import torch
from torch import Tensor, distributed
from torch.multiprocessing.spawn import spawn
from torch.nn.functional import cross_entropy
from transformers import LlamaConfig, LlamaForCausalLM

from tiny_lm.conversations import Row, RowKind, write_row
from tiny_lm.tokenizer import (
    BEGIN_ID,
    CONTEXT_TOKENS,
    END_ID,
    PAD_ID,
    VOCABULARY,
    save_tokenizer,
)

NOT_LEARNED = -100
"""Label of a token that takes no loss."""

TYPICAL_TOKENS: dict[RowKind, int] = {"textbook": 39, "critique": 111, "summary": 100}
"""Length of a row, for the estimate of the time that is left."""

SECONDS_BETWEEN_REPORTS = 30


@dataclass(frozen=True)
class Phase:
    """A part of the schedule: the rows of one step, by kind, and the number of steps."""

    steps: int
    batch: dict[RowKind, int]


@dataclass(frozen=True)
class Schedule:
    """How the model is pretrained."""

    phases: tuple[Phase, ...] = (
        Phase(steps=600, batch={"textbook": 96}),
        Phase(steps=1000, batch={"critique": 48, "summary": 24}),
    )
    seed: int = 1
    learning_rate: float = 3e-3
    warmup_steps: int = 60
    final_share: float = 0.05
    """Share of the learning rate that is left at the end; it falls linearly in the second half."""
    maximum_gradient_norm: float = 1.0

    @property
    def steps(self) -> int:
        """Steps of all phases."""
        return sum(phase.steps for phase in self.phases)

    def batch_at(self, step: int) -> dict[RowKind, int]:
        """The rows of a step, by kind."""
        for phase in self.phases:
            if step < phase.steps:
                return phase.batch
            step -= phase.steps
        raise IndexError(f"the schedule has {self.steps} steps and no step {self.steps + step}")

    def learning_rate_at(self, step: int) -> float:
        """Rises over the warm-up, stays, and falls in the second half."""
        warm = min(1.0, (step + 1) / self.warmup_steps)
        left = min(1.0, 2 * (1 - step / self.steps))
        return self.learning_rate * warm * (self.final_share + (1 - self.final_share) * left)


def new_model() -> LlamaForCausalLM:
    """A Llama of 0.87 million parameters that knows nothing."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(VOCABULARY),
            hidden_size=128,
            intermediate_size=384,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=4,
            head_dim=32,
            max_position_embeddings=CONTEXT_TOKENS,
            tie_word_embeddings=True,
            pad_token_id=PAD_ID,
            bos_token_id=BEGIN_ID,
            eos_token_id=END_ID,
        )
    )


def collate(rows: list[Row]) -> tuple[Tensor, Tensor]:
    """Token ids and labels of some rows, both [rows, longest], padded on the right.

    A label stands where its token is; `NOT_LEARNED` marks those without loss.
    """
    longest = max(len(row.ids) for row in rows)
    ids = torch.full((len(rows), longest), PAD_ID)
    labels = torch.full((len(rows), longest), NOT_LEARNED)
    for place, row in enumerate(rows):
        tokens = torch.tensor(row.ids)
        ids[place, : len(tokens)] = tokens
        labels[place, : len(tokens)] = torch.where(torch.tensor(row.learned), tokens, NOT_LEARNED)
    return ids, labels


def summed_loss(model: LlamaForCausalLM, ids: Tensor, labels: Tensor) -> tuple[Tensor, int]:
    """The cross entropy of all learned tokens in nats, summed, and their number."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(input_ids=ids, use_cache=False).logits
    targets = labels[:, 1:]
    learned = targets != NOT_LEARNED
    loss = cross_entropy(logits[:, :-1][learned].float(), targets[learned], reduction="sum")
    return loss, int(learned.sum())


def processes_to_use() -> int:
    """One for each core that this process may use, at most four."""
    return min(4, len(os.sched_getaffinity(0)))


def pretrain(folder: Path, schedule: Schedule, processes: int) -> None:
    """Make the model and write it, with its tokenizer, into a folder. Progress goes to stderr."""
    with tempfile.TemporaryDirectory() as meeting:
        spawn(_train, (processes, schedule, folder, f"file://{meeting}/processes"), processes)


def _train(rank: int, processes: int, schedule: Schedule, folder: Path, meeting: str) -> None:
    """What one of the processes does; the first one reports and saves."""
    torch.set_num_threads(1)
    torch.manual_seed(schedule.seed)
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    distributed.init_process_group("gloo", meeting, rank=rank, world_size=processes)
    model = new_model()
    model.train()
    model.set_attn_implementation("eager")  # torch's fused attention has a slow backward pass on CPU
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.01)
    progress = Progress(schedule)
    for step in range(schedule.steps):
        batches = {
            kind: [
                write_row(kind, Random(f"{schedule.seed}/{step}/{kind}/{place}"))
                for place in range(rank, size, processes)
            ]
            for kind, size in schedule.batch_at(step).items()
        }
        for group in optimizer.param_groups:
            group["lr"] = schedule.learning_rate_at(step)
        losses = take_step(model, optimizer, batches, schedule.maximum_gradient_norm)
        progress.count(losses)
        if rank == 0 and progress.is_due():
            print(progress.line(), file=sys.stderr, flush=True)
    distributed.destroy_process_group()
    if rank == 0:
        model.save_pretrained(folder)
        save_tokenizer(folder)


def take_step(
    model: LlamaForCausalLM,
    optimizer: torch.optim.Optimizer,
    batches: dict[RowKind, list[Row]],
    maximum_gradient_norm: float,
) -> dict[RowKind, float]:
    """One step on this process's share of the rows.

    Returns the mean loss of a token, by kind, over the rows of all processes.
    """
    optimizer.zero_grad()
    sums: list[float] = []
    for rows in batches.values():
        loss, tokens = summed_loss(model, *collate(rows))
        loss.backward()
        sums += [loss.item(), tokens]
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    shared = torch.cat([*(gradient.flatten() for gradient in gradients), torch.tensor(sums)])
    distributed.all_reduce(shared)
    *summed, counts = shared.split([*(gradient.numel() for gradient in gradients), len(sums)])
    losses, tokens_by_kind = counts.view(-1, 2).unbind(dim=1)
    for gradient, total in zip(gradients, summed, strict=True):
        gradient.copy_((total / tokens_by_kind.sum()).view_as(gradient))
    torch.nn.utils.clip_grad_norm_(model.parameters(), maximum_gradient_norm)
    optimizer.step()
    means: list[float] = (losses / tokens_by_kind).tolist()
    return dict(zip(batches, means, strict=True))


class Progress:
    """How far pretraining is, and when it will be done."""

    def __init__(self, schedule: Schedule) -> None:
        """Start the clock."""
        self.work = [
            sum(size * TYPICAL_TOKENS[kind] for kind, size in schedule.batch_at(step).items())
            for step in range(schedule.steps)
        ]
        self.steps_done = 0
        self.started = self.reported = time.monotonic()
        self.losses: dict[RowKind, list[float]] = {}

    def count(self, losses: dict[RowKind, float]) -> None:
        """Note a step and its losses."""
        self.steps_done += 1
        for kind, loss in losses.items():
            self.losses.setdefault(kind, []).append(loss)

    def is_due(self) -> bool:
        """Whether it is time for the next line."""
        waited = time.monotonic() - self.reported >= SECONDS_BETWEEN_REPORTS
        return waited or self.steps_done == len(self.work)

    def line(self) -> str:
        """A line for people, with the losses since the last one."""
        self.reported = time.monotonic()
        seconds = self.reported - self.started
        left = seconds / sum(self.work[: self.steps_done]) * sum(self.work[self.steps_done :])
        losses = ", ".join(f"{kind} {mean(values):.4f}" for kind, values in self.losses.items())
        self.losses = {}
        return (
            f"step {self.steps_done} of {len(self.work)}: loss of a token: {losses}; "
            f"{seconds:.0f} s, about {left:.0f} s left"
        )
