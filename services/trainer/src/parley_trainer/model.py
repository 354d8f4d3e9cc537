"""The model that is trained: base weights, and the adapter on them."""

from pathlib import Path
from typing import Any, cast

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError, safe_open
from transformers import AutoModelForCausalLM, PreTrainedModel

from .errors import JobError, one_line
from .job import Job
from .memory import is_out_of_memory
from .method import ALL_LINEAR, Method
from .weights import ADAPTER_WEIGHTS, trained_weights


def load_model(job: Job, location: str) -> PreTrainedModel | PeftModel:
    """
    The model to train: with `kind` "lora" the base at `location` with a new adapter or the parent's, else
    all weights of the base or of the parent. A new adapter is drawn from torch's generator: seed it first.
    JobError when the parts do not load whole or do not fit each other.
    """
    if job.method.kind == "full":
        if job.parent is None:
            return _load_weights("base", location, torch.float32)
        return _load_weights("parent", job.parent.path, torch.float32)
    dtype = torch.bfloat16 if job.method.precision == "bf16" else torch.float32
    model = _load_weights("base", location, dtype)
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=job.method.rank,
        lora_alpha=job.method.alpha,
        lora_dropout=job.method.dropout,
        target_modules=_targets(model, job.method),
    )
    if job.parent is None:
        return get_peft_model(model, config)
    return _load_parent(model, config, Path(job.parent.path))


def _load_weights(what: str, location: str, dtype: torch.dtype) -> PreTrainedModel:
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(location, dtype=dtype, output_loading_info=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise
        raise JobError(f"{what}: cannot load the model at {location}: {one_line(error)}") from error
    model, loading = cast("tuple[PreTrainedModel, dict[str, set[str]]]", loaded)
    for wrong in ("missing_keys", "mismatched_keys"):
        if loading[wrong]:
            raise JobError(f"{what}: the model at {location} has {wrong}: {sorted(loading[wrong])[:3]}")
    return model


def _targets(model: PreTrainedModel, method: Method) -> list[str]:
    """Names of the layers that get an adapter; each must be there, for one that is not would be ignored."""
    head = model.get_output_embeddings()
    linear = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    }
    wanted = linear if method.targets == ALL_LINEAR else set(method.targets)
    if strange := sorted(wanted - linear):
        raise JobError(f"method.targets: no layers {strange}; the base has {sorted(linear)}")
    return sorted(wanted)


def _load_parent(model: PreTrainedModel, config: LoraConfig, folder: Path) -> PeftModel:
    """The parent's adapter on the base, to be trained further: every tensor of it, and no other."""
    try:
        with safe_open(folder / ADAPTER_WEIGHTS, framework="pt") as file:
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        adapted = PeftModel.from_pretrained(model, str(folder), config=config, is_trainable=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise
        raise JobError(f"parent: cannot load its adapter: {one_line(error)}") from error
    loaded = trained_weights(adapted)
    if different := sorted(stored.keys() ^ loaded.keys()):
        named = f"method.targets, here {sorted(config.target_modules or ())}"
        raise JobError(f"parent: its tensors are not those of {named}: they differ in {different[:2]}")
    for name, tensor in stored.items():
        if not torch.equal(tensor.to(loaded[name].dtype), loaded[name]):
            raise JobError(f"parent: {name} did not load")
    return adapted
