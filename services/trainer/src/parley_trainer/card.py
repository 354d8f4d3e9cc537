"""The card of an adapter."""

from .job import Job

FILE = "README.md"


def card(job: Job, *, rows: int, tokens: int, loss: list[float], versions: dict[str, str]) -> str:
    """The text of an adapter's README.md: what it is and what it was made of. Equal inputs, equal text."""
    method = job.method
    lora = method.kind == "lora"
    targets = method.targets if isinstance(method.targets, str) else ", ".join(method.targets)
    facts = {
        "base": job.base,
        "parent": job.parent.sha256 if job.parent else "none",
        "dataset": job.dataset.sha256,
        "dataset from": job.dataset.uri,
        "job": job.job,
        "rows trained": rows,
        "tokens with loss, an epoch": tokens,
        "steps": len(loss),
        "loss, first step": f"{loss[0]:.4f}",
        "loss, last step": f"{loss[-1]:.4f}",
        "kind": f"LoRA, rank {method.rank}, alpha {method.alpha}, dropout {method.dropout:g}, {targets}"
        if lora
        else "full",
        "epochs": method.epochs,
        "rows a step": f"{method.batch_size} × {method.gradient_accumulation}",
        "learning rate": f"{method.learning_rate:g}, {method.scheduler}, warmup {method.warmup_ratio:g}",
        "weight decay": f"{method.weight_decay:g}",
        "largest gradient norm": f"{method.max_gradient_norm:g}",
        "longest row": f"{method.max_length} tokens",
        "precision": method.precision,
        "seed": job.seed,
        "made with": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in facts.items())
    what = "LoRA adapter" if lora else "Finetuned model"
    return f"""---
base_model: {job.base}
library_name: {"peft" if lora else "transformers"}
pipeline_tag: text-generation
---

# {what} of {job.base}

One agent of a multiagent debate, finetuned on its own debates.

| | |
|---|---|
{table}
"""


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
