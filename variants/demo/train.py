"""Trains the embedded teacher again: python -m variants.demo.train"""

from __future__ import annotations

import argparse
import json
import math
import platform
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch.nn.functional import cross_entropy
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from bench.stdlib_text import docstrings, held_out, sources, training_topics
from variants.demo.card import write_card

HERE = Path(__file__).parent / "model"
END = "<|endoftext|>"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides the outcome, beside the text and the versions."""

    width: int = 320
    layers: int = 4
    heads: int = 5
    vocabulary: int = 2560
    positions: int = 512
    batch: int = 8
    steps: int = 3000
    peak_rate: float = 3e-3
    warmup_steps: int = 100
    weight_decay: float = 0.1
    seed: int = 0
    mix: tuple[tuple[str, float], ...] = (("topics", 0.12), ("docstrings", 0.30), ("sources", 0.58))
    """How often a window is drawn from each part of the text."""


def main() -> None:
    """Parse, train, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="where the model goes")
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    asked = parser.parse_args()
    train(replace(Recipe(), steps=asked.steps, seed=asked.seed), asked.out)


def train(recipe: Recipe, out: Path) -> None:
    """The whole recipe: tokenizer, model, card."""
    torch.manual_seed(recipe.seed)
    parts = {
        "topics": training_topics(),
        "docstrings": END.join(docstrings()),
        "sources": END.join(sources()),
    }
    tokenizer = learn_tokenizer(parts.values(), recipe)
    ids = {name: torch.tensor(tokenizer(text).input_ids) for name, text in parts.items()}
    scored = torch.tensor(tokenizer(held_out()).input_ids)
    model = GPT2LMHeadModel(config_of(recipe, tokenizer))
    started = time.time()
    curve = list(fit(model, ids, scored, recipe))
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    facts = {
        "recipe": asdict(recipe),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "seconds": round(time.time() - started),
        "parameters": sum(p.numel() for p in model.parameters()),
        "tokens": {name: len(part) for name, part in ids.items()},
        "held_out_tokens": len(scored),
        "held_out_bytes": len(held_out().encode()),
        "unigram": unigram_losses(ids, scored, recipe),
        "curve": curve,
    }
    (out / "training.json").write_text(json.dumps(facts, indent=1) + "\n")
    write_card(facts, out / "README.md")


def learn_tokenizer(texts: Iterator[str], recipe: Recipe) -> PreTrainedTokenizerFast:
    """Byte-level BPE, learnt from the training text alone."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=recipe.vocabulary,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # One line a document, or the trainer holds whole files as single words' contexts.
    bpe.train_from_iterator((line for text in texts for line in text.splitlines(True)), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, bos_token=END, eos_token=END, model_max_length=recipe.positions
    )


def config_of(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> GPT2Config:
    """GPT-2's architecture at the recipe's size, without dropout."""
    return GPT2Config(
        vocab_size=recipe.vocabulary,
        n_positions=recipe.positions,
        n_embd=recipe.width,
        n_layer=recipe.layers,
        n_head=recipe.heads,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
    )


def fit(
    model: GPT2LMHeadModel, ids: dict[str, torch.Tensor], scored: torch.Tensor, recipe: Recipe
) -> Iterator[dict[str, float]]:
    """Train in place; yields a point of the curve at every doubling and sixteenth of the steps."""
    optimizer = optimizer_of(model, recipe)
    looks = {max(1, recipe.steps * k // 16) for k in range(1, 17)}
    looks |= {recipe.steps >> k for k in range(12) if recipe.steps >> k}
    dice = torch.Generator().manual_seed(recipe.seed)
    recent = 0.0
    with bar() as progress:
        task = progress.add_task("training", total=recipe.steps, loss=float("nan"))
        for step in range(1, recipe.steps + 1):
            for group in optimizer.param_groups:
                group["lr"] = rate(step, recipe)
            loss = one_step(model, optimizer, windows(ids, recipe, dice))
            recent = loss if step == 1 else 0.98 * recent + 0.02 * loss
            progress.update(task, advance=1, loss=recent)
            if step in looks:
                held = held_out_loss(model, scored, recipe.positions)
                progress.console.print(f"step {step}: train {recent:.4f} held out {held:.4f}")
                yield {"step": step, "train": recent, "held_out": held}


def optimizer_of(model: GPT2LMHeadModel, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW with GPT-3's betas; only matrices decay."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.peak_rate, betas=(0.9, 0.95))


def one_step(
    model: GPT2LMHeadModel, optimizer: torch.optim.Optimizer, batch: torch.Tensor
) -> float:
    """One update; the loss before it."""
    model.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(input_ids=batch[:, :-1], use_cache=False).logits
    loss = cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()


def windows(ids: dict[str, torch.Tensor], recipe: Recipe, dice: torch.Generator) -> torch.Tensor:
    """A batch of random windows, shape (batch, positions + 1), parts drawn by the mix."""
    names, shares = zip(*recipe.mix, strict=True)
    drawn = torch.multinomial(torch.tensor(shares), recipe.batch, replacement=True, generator=dice)
    rows = []
    for which in drawn.tolist():
        part = ids[names[which]]
        start = int(torch.randint(len(part) - recipe.positions, (1,), generator=dice))
        rows.append(part[start : start + recipe.positions + 1])
    return torch.stack(rows)


def rate(step: int, recipe: Recipe) -> float:
    """Linear warm-up, then a cosine down to a hundredth of the peak."""
    if step <= recipe.warmup_steps:
        return recipe.peak_rate * step / recipe.warmup_steps
    done = (step - recipe.warmup_steps) / max(1, recipe.steps - recipe.warmup_steps)
    return recipe.peak_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


@torch.no_grad()
def held_out_loss(model: GPT2LMHeadModel, scored: torch.Tensor, length: int) -> float:
    """Mean nats per token over disjoint full windows."""
    model.eval()
    rows = scored[: len(scored) // length * length].view(-1, length)
    total = 0.0
    for row in rows.split(8):
        logits = model(input_ids=row, use_cache=False).logits[:, :-1].double()
        total += float(cross_entropy(logits.flatten(0, 1), row[:, 1:].flatten(), reduction="sum"))
    return total / (rows.shape[0] * (length - 1))


def unigram_losses(
    ids: dict[str, torch.Tensor], scored: torch.Tensor, recipe: Recipe
) -> dict[str, float]:
    """Nats per token of two unigram models on the held-out tokens.

    `trained`: add-one counts of the training mixture. `best_possible`: the held-out text's own
    entropy, which no unigram model can beat.
    """

    def frequencies(part: torch.Tensor) -> torch.Tensor:
        return torch.bincount(part, minlength=recipe.vocabulary).double()

    counts = sum(share * frequencies(ids[name]) / len(ids[name]) for name, share in recipe.mix)
    smoothed = counts * sum(map(len, ids.values())) + 1
    own = frequencies(scored)
    return {
        "trained": float(-(own * (smoothed / smoothed.sum()).log()).sum() / own.sum()),
        "best_possible": float(-(torch.special.xlogy(own, own / own.sum())).sum() / own.sum()),
    }


def bar() -> Progress:
    """Steps, loss, time gone and time left."""
    return Progress(
        TextColumn("{task.description} {task.completed}/{task.total}"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.3f}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )


if __name__ == "__main__":
    main()
