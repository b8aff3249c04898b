"""Runs any Hugging Face causal language model in PyTorch, by one greedy loop."""

from __future__ import annotations

import inspect
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy
import torch
from torch.profiler import ProfilerActivity, profile
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from bench.model import Choose, Tokens
from bench.operators import Operator
from bench.roofline import Work
from bench.variant import Place
from variants.runtimes import attention, cuda
from variants.runtimes.lean import first_broken, lean
from variants.runtimes.stepping import Stepper, likeliest, stepper
from variants.runtimes.torch_profile import operators
from variants.runtimes.work import work_of

PROBED_FORWARDS = 3
"""The proof's profile holds one prefill and two decode steps."""


def prepare(folder: Path, place: Place) -> None:
    """Everything that costs before a load and is not the model: imports, threads, their pool."""
    torch.set_num_threads(place.threads)
    torch.set_grad_enabled(False)
    if place.deterministic:
        _only_deterministic()
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    _ = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
    torch.ones(256, 256) @ torch.ones(256, 256)


def _only_deterministic() -> None:
    """An operator that has no such form raises, and fails its cell."""
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # read when CUDA is first used
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # a check, and slow
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def load_checkpoint(
    folder: Path, device: str, dtype: torch.dtype, kernel: str = "sdpa"
) -> PreTrainedModel:
    """An ordinary checkpoint: safetensors only, none of its own code run."""
    model = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=dtype,
        attn_implementation="eager" if kernel == "eager" else "sdpa",
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
    )
    return model.to(device).eval()


class TorchModel:
    """`bench.Model` around a module whose forward takes `input_ids` and `past_key_values`."""

    profiler = "torch.profiler"

    def __init__(
        self,
        module: PreTrainedModel,
        *,
        kernel: str = "sdpa",
        trimmed: bool = True,
        facts: Callable[[PreTrainedModel, Mapping[str, int]], Mapping[str, Any]] | None = None,
    ) -> None:
        """`kernel`: of attention, as `attention.forced` has it; `trimmed`: by `lean`.

        `facts(module, kernels)` adds to the proof, or raises ProofFailed.
        """
        self._module: PreTrainedModel | None = lean(module) if trimmed else module
        self._kernel, self._facts = kernel, facts
        self._device = next(module.parameters()).device
        self._last_only = "logits_to_keep" in inspect.signature(module.forward).parameters

    def logits(self, tokens: Tokens) -> numpy.ndarray[Any, Any]:
        """Float32 (batch, length, vocabulary), one uncached forward."""
        with self._running():
            scores = self._live(input_ids=self._ids(tokens), use_cache=False).logits
            return scores.float().cpu().numpy()

    def first_token(self, prompt: Tokens) -> Tokens:
        """The most likely next token of every row; the cache is built, as for decoding."""
        return self.generate(prompt, 1)

    def generate(
        self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
    ) -> Tokens:
        """Greedy, exactly `new_tokens`, never stopping at an end token."""
        return self._write(prompt, new_tokens, tick)

    def decode(self, prompt: Tokens, new_tokens: int, choose: Choose) -> Tokens:
        """The same loop and cache, each token chosen from its scores."""
        return self._write(prompt, new_tokens, None, choose)

    def _write(
        self,
        prompt: Tokens,
        new_tokens: int,
        tick: Callable[[], None] | None,
        choose: Choose | None = None,
    ) -> Tokens:
        """What all writing goes through; runtimes with a loop of their own replace it."""
        return self._plain(prompt, new_tokens, tick, choose)

    def _plain(
        self,
        prompt: Tokens,
        new_tokens: int,
        tick: Callable[[], None] | None = None,
        choose: Choose | None = None,
    ) -> Tokens:
        """One token a row and forward."""
        ids, fresh = self._ids(prompt), []
        step = self.stepper(ids.shape[1] + new_tokens)
        with self._running():
            for _ in range(new_tokens):
                scores = step(ids)[:, -1]
                if choose is None:
                    ids = likeliest(scores)
                else:
                    chosen = choose(scores.float().cpu().numpy())
                    ids = self._ids([[token] for token in chosen])
                fresh.append(ids)
                if tick is not None:
                    self._wait()
                    tick()
            return [list(row) for row in torch.cat(fresh, 1).tolist()]

    def stepper(self, length: int) -> Stepper:
        """For texts of `length` tokens, prompt and new ones; used where the model runs."""
        return stepper(self._live, length, self._last_only)

    def proof(self) -> dict[str, Any]:
        """Dtypes and bytes, threads, and the kernels that a profiler saw in three forwards."""
        kernels = self._kernels()
        calls = self._live.config.num_hidden_layers * PROBED_FORWARDS
        attention.prove(self._kernel, self._device.type, kernels, calls)
        facts = {
            "class": type(self._live).__name__,
            "device": str(self._device),
            "threads": torch.get_num_threads(),
            "interop_threads": torch.get_num_interop_threads(),
            "deterministic": torch.are_deterministic_algorithms_enabled(),
            "forward": self.stepper(1).name,
            "weight_bytes": self.weight_bytes(),
            "attention": attention.attended(kernels) or attention.WRITTEN_OUT,
            "simulated": False,
        }
        return {**facts, **(self._facts(self._live, kernels) if self._facts else {})}

    def profile(self, step: Callable[[], object], trace: Path) -> list[Operator]:
        """One run of `step` under PyTorch's profiler."""
        return operators(step, trace, self._device)

    def weight_bytes(self) -> dict[str, int]:
        """Bytes by storage type, tied tensors once; packed layers say their own."""
        return _weight_bytes(self._live)

    def parameters(self) -> int:
        """Numbers that the weights stand for, tied ones once."""
        packed = [m for m in self._live.modules() if hasattr(m, "stands_for")]
        own = {p.data_ptr(): p.numel() for p in self._live.parameters() if p.device.type != "meta"}
        return sum(own.values()) + sum(module.stands_for for module in packed)

    def work(self) -> Work | None:
        """What a forward asks of the machine."""
        return work_of(self._live, self._last_only)

    def device_peak(self) -> dict[str, int]:
        """The CUDA allocator's peaks since the last call; starts them anew."""
        return cuda.peaks(self._device) if self._device.type == "cuda" else {}

    def first_broken(self, tokens: Tokens) -> str | None:
        """The first module, innermost first, whose output is NaN or infinite; None: none is."""
        with self._running():
            return first_broken(self._live, self._ids(tokens))

    def close(self) -> None:
        """Drop the module, and what CUDA kept of it."""
        self._module = None
        if self._device.type == "cuda":
            cuda.release(self._device)

    @property
    def _live(self) -> PreTrainedModel:
        if self._module is None:
            raise RuntimeError("the model is closed")
        return self._module

    def _ids(self, tokens: Tokens) -> torch.Tensor:
        return torch.tensor(tokens, dtype=torch.long, device=self._device)

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)

    @contextmanager
    def _running(self) -> Iterator[None]:
        with torch.inference_mode(), attention.forced(self._kernel):
            yield

    def _probed(self, row: Tokens) -> None:
        """What the proof's profiler watches."""
        self._plain(row, PROBED_FORWARDS)

    def _kernels(self) -> Counter[str]:
        activities = [ProfilerActivity.CPU]
        if self._device.type == "cuda":
            activities.append(ProfilerActivity.CUDA)
        row = [[1] * 16]
        self._probed(row)  # what a first call does besides is not of interest
        with profile(activities=activities) as seen:
            self._probed(row)
        return Counter(
            {event.key.removeprefix("aten::"): event.count for event in seen.key_averages()}
        )


def _weight_bytes(module: torch.nn.Module) -> dict[str, int]:
    found: Counter[str] = Counter()
    seen: set[int] = set()
    for tensor in [*module.parameters(), *module.buffers()]:
        if tensor.device.type != "meta" and tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            found[str(tensor.dtype).removeprefix("torch.")] += (
                tensor.numel() * tensor.element_size()
            )
    for part in module.modules():
        found.update(getattr(part, "packed_bytes", {}))
    return dict(found)
