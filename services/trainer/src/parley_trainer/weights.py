"""Trained weights, and the folder that they are written to."""

import hashlib
import json
from pathlib import Path
from typing import cast

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import save
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .base import ADAPTER_CONFIG

ADAPTER_WEIGHTS = "adapter_model.safetensors"


def trained_weights(model: PreTrainedModel | PeftModel) -> dict[str, torch.Tensor]:
    """Every tensor that training can change, under its name in a file."""
    if isinstance(model, PeftModel):
        weights = get_peft_model_state_dict(model, save_embedding_layers=False)
        return cast(dict[str, torch.Tensor], weights)
    return cast(dict[str, torch.Tensor], model.state_dict())


def fingerprint(model: PreTrainedModel | PeftModel) -> str:
    """A digest of the trained weights, to the bit."""
    digest = hashlib.sha256()
    for name, tensor in sorted(trained_weights(model).items()):
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def is_finite(model: PreTrainedModel | PeftModel) -> bool:
    """Whether no trained weight is infinite or no number."""
    return all(bool(tensor.isfinite().all()) for tensor in trained_weights(model).values())


def write_weights(
    model: PreTrainedModel | PeftModel, tokenizer: PreTrainedTokenizerBase, folder: Path, base: str
) -> None:
    """
    Writes what an engine loads: the adapter's configuration and weights, or a whole model with its
    tokenizer. Equal weights give equal bytes. The configuration names `base`, not where it was read from.
    """
    folder.mkdir(parents=True)
    if not isinstance(model, PeftModel):
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return
    weights = {name: tensor.cpu().contiguous() for name, tensor in trained_weights(model).items()}
    (folder / ADAPTER_WEIGHTS).write_bytes(save(weights, metadata={"format": "pt"}))
    config = {
        **model.peft_config["default"].to_dict(),
        "base_model_name_or_path": base,
        "inference_mode": True,
    }
    text = json.dumps(config, default=_plain, indent=2, sort_keys=True)
    (folder / ADAPTER_CONFIG).write_text(f"{text}\n")


def _plain(value: object) -> object:
    if isinstance(value, set):
        return sorted(value)
    raise TypeError(f"{ADAPTER_CONFIG} cannot hold {value!r}")
