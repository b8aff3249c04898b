"""Writes a checkpoint in bitsandbytes' 4-bit NormalFloat."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from variants.recipes.checkpoint import copy_companions


def write_nf4(base: Path, out: Path) -> None:
    """As transformers saves it: its config says how it is to be read again."""
    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    model = AutoModelForCausalLM.from_pretrained(
        base,
        quantization_config=config,
        dtype=torch.bfloat16,
        device_map="cpu",
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
    )
    model.save_pretrained(out)
    copy_companions(base, out)
