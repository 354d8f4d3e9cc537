"""The training itself: TRL's SFTTrainer over tokenized examples."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch
from accelerate import PartialState
from datasets import Dataset
from peft import PeftModel
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from .checkpoint import checkpoints_folder, mark_complete
from .errors import NothingLearnedError
from .examples import Example
from .job import Job

Report: TypeAlias = Callable[[int, int, float], None]
"""Is told of every step: its number from 1, how many there are, and the mean loss a learned token."""

_SCHEDULERS = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}


@dataclass(frozen=True, slots=True)
class Fitted:
    """What every step did, from the first one of the job on, whichever process made it."""

    loss: list[float]
    gradient_norms: list[float]


def seed_everything(job: Job) -> None:
    """Makes what follows draw the same numbers, and add in the same order, each time on a CPU."""
    torch.set_num_threads(job.method.threads)
    set_seed(_library_seed(job))


def _library_seed(job: Job) -> int:
    """The job's seed in the range that every library takes."""
    return job.seed % 2**32


def create_trainer(
    job: Job,
    model: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: list[Example],
    report: Report,
) -> SFTTrainer:
    """A trainer whose batches hold the examples as they are: nothing cut, nothing packed."""
    method = job.method
    arguments = SFTConfig(
        output_dir=str(checkpoints_folder(job)),
        seed=_library_seed(job),
        num_train_epochs=method.epochs,
        per_device_train_batch_size=method.batch_size,
        gradient_accumulation_steps=method.gradient_accumulation,
        learning_rate=method.learning_rate,
        lr_scheduler_type=_SCHEDULERS[method.scheduler],
        warmup_steps=int(method.warmup_ratio * _optimizer_steps(job, len(examples))),
        weight_decay=method.weight_decay,
        max_grad_norm=method.max_gradient_norm,
        max_length=None,
        bf16=method.precision == "bf16",
        gradient_checkpointing=method.gradient_checkpointing,
        save_strategy="steps",
        save_steps=method.checkpoint_steps,
        save_total_limit=2,
        logging_steps=1,
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    rows = Dataset.from_list(
        [{"input_ids": example.input_ids, "labels": example.labels} for example in examples]
    )
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        processing_class=tokenizer,
        callbacks=[_Watch(job, report)],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _optimizer_steps(job: Job, examples: int) -> int:
    """How many optimizer steps a training takes, over all its processes."""
    processes: int = PartialState().num_processes
    batches = math.ceil(examples / (job.method.batch_size * processes))
    return math.ceil(batches / job.method.gradient_accumulation) * job.method.epochs


def fit(trainer: SFTTrainer, checkpoint: Path | None) -> Fitted:
    """
    Trains to the end, from a checkpoint if there is one. Raises NothingLearnedError when the loss or the
    gradient is not finite, at the step where it happens, or when there was no gradient at all.
    """
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    steps = [log for log in trainer.state.log_history if "grad_norm" in log]
    fitted = Fitted(
        loss=[float(log["loss"]) for log in steps],
        gradient_norms=[float(log["grad_norm"]) for log in steps],
    )
    if not any(fitted.gradient_norms):
        raise NothingLearnedError("the gradient is zero in every step")
    return fitted


class _Watch(TrainerCallback):
    """Reports steps, stops a training that went wrong, and marks checkpoints as complete."""

    def __init__(self, job: Job, report: Report) -> None:
        self._job = job
        self._report = report

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """After the last step the adapter is written, and no checkpoint."""
        if state.global_step >= state.max_steps:
            control.should_save = False

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Called after each step, and once more at the end without a gradient norm."""
        if logs is None or "grad_norm" not in logs:
            return
        for name, value in (("loss", logs["loss"]), ("gradient norm", logs["grad_norm"])):
            if not math.isfinite(value):
                raise NothingLearnedError(
                    f"the {name} is {value} at step {state.global_step} of {state.max_steps};"
                    f" a method.learningRate below {self._job.method.learning_rate:g} may help"
                )
        self._report(state.global_step, state.max_steps, logs["loss"])

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Every process has written its part when the first one marks the checkpoint."""
        PartialState().wait_for_everyone()
        if state.is_world_process_zero:
            mark_complete(self._job, state.global_step)
