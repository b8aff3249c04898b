"""Trains a LoRA adapter, takes the user's over, or merges one into its base."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from peft import LoraConfig, PeftModel
from peft.utils.save_and_load import get_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from bench.errors import Misuse, Unsupported
from bench.source import model_files
from variants.recipes import state, training
from variants.recipes.checkpoint import copy_companions, load, save
from variants.recipes.material import training_tokens
from variants.recipes.nf4 import write_nf4
from variants.recipes.training import Lesson, Plan, next_token_loss
from variants.runtimes.adapters import (
    BASE,
    CONFIG,
    MERGED,
    WEIGHTS,
    adapter_config,
    attached,
    fresh,
    head_name,
    lora_layers,
)
from variants.runtimes.shapes import matrices

if TYPE_CHECKING:
    from variants.lora import Options


def adapt(base: Path, out: Path, options: Options) -> None:
    """An adapter on the float32 base, which is copied beside it: the folder stands by itself."""
    (out / BASE).mkdir(exist_ok=True)
    for file in model_files(base):
        shutil.copyfile(file, out / BASE / file.name)
    _adapter(load(base), base, out, options)


def adapt_four_bits(base: Path, out: Path, options: Options) -> None:
    """An adapter on the base in NF4 with doubly quantised scales (arXiv 2305.14314)."""
    from variants.runtimes.nf4 import four_bits  # bitsandbytes, which `lora` does without

    if not (out / BASE).exists():
        draft = out / f"{BASE}.draft"
        shutil.rmtree(draft, ignore_errors=True)  # of a making that was killed
        draft.mkdir()
        write_nf4(base, draft)
        draft.rename(out / BASE)
    _adapter(four_bits(out / BASE, "cpu"), base, out, options)


def merge(base: Path, out: Path) -> None:
    """`base` is an adapter's folder: its sum with its own base, as an ordinary checkpoint."""
    model = attached(load(base / BASE), base)
    layers = lora_layers(model)
    for name, layer in layers.items():
        layer.merge(safe_merge=True)
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, layer.get_base_layer())
    save(model, base, out)
    (out / MERGED).write_text(json.dumps({"layers": len(layers)}) + "\n", encoding="utf-8")


def _adapter(model: PreTrainedModel, base: Path, out: Path, options: Options) -> None:
    copy_companions(base, out)
    shutil.copyfile(base / "config.json", out / "config.json")
    given = Path(options.adapter) if options.adapter else None
    wanted = user_config(given) if given else _config(model, options)
    try:
        adapted = fresh(model, wanted)
    except ValueError as error:  # peft finds none of the layers, or none of a kind it knows
        kind = type(model).__name__
        raise Misuse(f"lora.adapter={given} does not fit {kind}: {_line(error)}") from None
    if given:
        _take(adapted, given)
    else:
        _train(model, base, out, options)
    tensors = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    save_file({name: t.detach().contiguous() for name, t in tensors.items()}, out / WEIGHTS)
    wanted.base_model_name_or_path, wanted.inference_mode = BASE, True
    wanted.save_pretrained(out)
    state.clear(out)


def _train(model: PreTrainedModel, base: Path, out: Path, options: Options) -> None:
    plan = Plan(steps=options.steps, rate=options.rate, batch=options.batch, length=options.length)
    lesson = Lesson(
        "adapting", model, lambda ids: next_token_loss(model, ids), training_tokens(base)
    )
    training.train(lesson, plan, out)


def _config(model: PreTrainedModel, options: Options) -> LoraConfig:
    """Every linear layer of each attention, and the output layer if asked."""
    torch.manual_seed(0)  # of the A matrices; B begins at zero
    names = [name for name, _, _ in matrices(model) if _in_attention(model, name)]
    if not names:
        raise Unsupported(f"lora: no linear layer of an attention in {type(model).__name__}")
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=options.rank,
        lora_alpha=options.alpha,
        target_modules=[*names, *([head_name(model)] if options.head else [])],
    )


def _in_attention(model: PreTrainedModel, name: str) -> bool:
    return "attention" in type(model.get_submodule(name.rpartition(".")[0])).__name__.lower()


def user_config(folder: Path) -> LoraConfig:
    """Of the adapter in the user's folder. Raises Misuse where it is none that can be loaded."""
    where = f"lora.adapter={folder}"
    try:
        said = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misuse(f"{where}: {CONFIG} cannot be read ({error})") from None
    kind = said.get("peft_type") if isinstance(said, dict) else None
    if kind != "LORA":
        raise Misuse(f"{where}: {CONFIG} says peft_type {kind}; only LORA adapters are loaded")
    if said.get("modules_to_save"):
        raise Misuse(f"{where}: it holds whole layers too ({said['modules_to_save']}); merge it")
    try:
        return adapter_config(folder)
    except (TypeError, ValueError) as error:
        raise Misuse(f"{where}: {CONFIG} is not read: {error}") from None


def _take(adapted: PeftModel, folder: Path) -> None:
    """Puts the adapter of `folder` into the model. Raises Misuse where their shapes part."""
    where = f"lora.adapter={folder}"
    try:
        given = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise Misuse(f"{where}: {WEIGHTS} cannot be read ({error}); only safetensors are") from None
    wanted = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    for name in sorted({*wanted, *given}):
        ours, theirs = (tuple(t[name].shape) if name in t else None for t in (wanted, given))
        if ours != theirs:
            raise Misuse(f"{where}: {name} is {theirs}, and this model needs {ours}")
    own: dict[str, Any] = dict(adapted.named_parameters())
    with torch.no_grad():
        for name, value in given.items():
            own[name.replace(".weight", ".default.weight")].copy_(value)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
