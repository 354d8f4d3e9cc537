"""Make a LoRA adapter that changes what a base model answers, without training it: for recording answers.

Usage: python adapter.py BASE OUTPUT
"""

import sys

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

RANK = 8
SPREAD = 0.05
"""Standard deviation of the weights of B, which PEFT leaves at zero: such an adapter would change nothing."""


def main(base: str, output: str) -> None:
    """Write an adapter over the model in a folder; the same model gives the same adapter."""
    torch.manual_seed(1)
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "lora_B" in name:
                weights.normal_(std=SPREAD)
    model.save_pretrained(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
