"""The settings of a training."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from . import fields
from .errors import JobError
from .fields import Object

Kind = Literal["lora", "full"]
Scheduler = Literal["cosine", "linear", "constant"]
Precision = Literal["float32", "bf16"]

ALL_LINEAR: Final = "all-linear"
"""As `targets`: every linear layer but the output embedding."""

_LORA_ONLY = ("rank", "alpha", "dropout", "targets")


@dataclass(frozen=True, slots=True)
class Method:
    """How to train. Field names are those of `job.json` in Python's spelling."""

    kind: Kind
    rank: int
    alpha: int
    dropout: float
    targets: Literal["all-linear"] | tuple[str, ...]
    learning_rate: float
    epochs: int
    batch_size: int
    gradient_accumulation: int
    warmup_ratio: float
    scheduler: Scheduler
    weight_decay: float
    max_gradient_norm: float
    max_length: int
    precision: Precision
    gradient_checkpointing: bool
    checkpoint_steps: int
    threads: int


DEFAULTS: Object = {
    "kind": "lora",
    "rank": 16,
    "alpha": 32,
    "dropout": 0,
    "targets": ALL_LINEAR,
    "learningRate": 2e-4,
    "epochs": 2,
    "batchSize": 8,
    "gradientAccumulation": 1,
    "warmupRatio": 0.03,
    "scheduler": "cosine",
    "weightDecay": 0,
    "maxGradientNorm": 1,
    "maxLength": 2048,
    "precision": "float32",
    "gradientCheckpointing": False,
    "checkpointSteps": 100,
    "threads": 1,
}
"""What `job.json` may leave out, under the names that it uses."""

FULL_LEARNING_RATE = 1e-5
"""Default `learningRate` of full finetuning, as in arXiv 2501.05707."""


def parse_method(given: Object) -> Method:
    """Checks every setting. Raises JobError that names the first bad one, or one that there is not."""
    for name in given:
        if name not in DEFAULTS:
            raise JobError(f"method.{name} is no setting; there are {', '.join(DEFAULTS)}")
    of = {**DEFAULTS, **given}
    kind = fields.choice(of, "method.kind", get_args(Kind))
    if kind == "full":
        for name in _LORA_ONLY:
            if name in given:
                raise JobError(f'method.{name} has no meaning with method.kind "full": leave it out')
        of = {**of, "learningRate": given.get("learningRate", FULL_LEARNING_RATE)}
    return Method(
        kind=kind,
        rank=fields.integer(of, "method.rank", 1, 1024),
        alpha=fields.integer(of, "method.alpha", 1, 1_000_000),
        dropout=fields.number(of, "method.dropout", 0, 0.99),
        targets=_targets(of),
        learning_rate=fields.number(of, "method.learningRate", 1e-12, 1e3),
        epochs=fields.integer(of, "method.epochs", 1, 10_000),
        batch_size=fields.integer(of, "method.batchSize", 1, 1_000_000),
        gradient_accumulation=fields.integer(of, "method.gradientAccumulation", 1, 1_000_000),
        warmup_ratio=fields.number(of, "method.warmupRatio", 0, 0.99),
        scheduler=fields.choice(of, "method.scheduler", get_args(Scheduler)),
        weight_decay=fields.number(of, "method.weightDecay", 0, 1e3),
        max_gradient_norm=fields.number(of, "method.maxGradientNorm", 0, 1e6),
        max_length=fields.integer(of, "method.maxLength", 1, 1_000_000),
        precision=fields.choice(of, "method.precision", get_args(Precision)),
        gradient_checkpointing=fields.boolean(of, "method.gradientCheckpointing"),
        checkpoint_steps=fields.integer(of, "method.checkpointSteps", 1, 1_000_000_000),
        threads=fields.integer(of, "method.threads", 1, 1024),
    )


def _targets(of: Object) -> Literal["all-linear"] | tuple[str, ...]:
    value = of["targets"]
    if value == ALL_LINEAR:
        return ALL_LINEAR
    if isinstance(value, list) and value and all(isinstance(name, str) and name for name in value):
        return tuple(sorted(set(value)))
    raise JobError(
        f'method.targets must be "{ALL_LINEAR}" or a list of names of layers'
        f' such as ["q_proj", "v_proj"], got {fields.shown(value)}'
    )
