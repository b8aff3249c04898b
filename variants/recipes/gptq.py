"""Quantises by GPTQ through transformers, optimum and gptqmodel."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GPTQConfig

from bench import tokenizing
from variants.recipes.calibrate import calibration_ids
from variants.recipes.checkpoint import copy_companions
from variants.runtimes.gptq import backend_for

ROWS = 32


def write_gptq(base: Path, out: Path, bits: int, group: int) -> None:
    """As transformers saves it: its config says how it is to be read again."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    os.environ.setdefault("GPTQMODEL_DISABLE_PACK_EXT", "1")  # compiling takes longer than packing
    rows = calibration_ids(base, ROWS).tolist()
    config = GPTQConfig(
        bits=bits,
        group_size=group,
        backend=backend_for(bits, device),
        dataset=[tokenizing.decode(base, row) for row in rows],
        tokenizer=AutoTokenizer.from_pretrained(
            base, local_files_only=True, trust_remote_code=False
        ),
        model_seqlen=len(rows[0]),
    )
    with torch.enable_grad():
        model = AutoModelForCausalLM.from_pretrained(
            base,
            quantization_config=config,
            dtype=torch.bfloat16,
            device_map="auto" if device == "cuda" else "cpu",
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
    model.config.quantization_config.dataset = None  # it would be kept, in plain text
    model.save_pretrained(out)
    copy_companions(base, out)
