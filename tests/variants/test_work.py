"""What a forward asks of the machine, against counts by hand for tiny models."""

from pathlib import Path

import pytest
import torch
from torch import nn

from bench.roofline import Work, step_bytes
from tests.variants import tiny
from variants.recipes.quantise import int4_groups, int4_stored, write_int4, write_int8
from variants.runtimes.packed import load_packed
from variants.runtimes.pytorch import TorchModel

# 4 layers of width 64, 300 tokens, 512 positions.
GPT2_BODY = 4 * (64 * 192 + 64 * 64 + 64 * 256 + 256 * 64)
LLAMA_BODY = 4 * (64 * 64 + 2 * 64 * 32 + 64 * 64 + 3 * 64 * 96)
HEAD = 300 * 64


def work(model: TorchModel) -> Work:
    found = model.work()
    assert found is not None
    return found


def test_tied_embeddings_are_read_positions_are_not() -> None:
    model = TorchModel(tiny.gpt2())
    found = work(model)
    assert (found.body, found.head, found.table_bytes) == (GPT2_BODY, HEAD, 512 * 64 * 4)
    assert (found.layers, found.heads, found.kv_heads, found.head_size) == (4, 4, 4, 16)
    assert (found.computed_in, found.cache_item, found.last_only) == ("float32", 4, True)
    weights = sum(model.weight_bytes().values())
    rest = weights - 4 * (GPT2_BODY + HEAD) - 512 * 64 * 4  # biases and layer norms
    assert step_bytes(found, weights, 1, 0) == 4 * (GPT2_BODY + HEAD) + rest
    assert 0 < rest < 0.02 * weights


def test_an_untied_table_is_looked_up_and_keys_are_grouped() -> None:
    found = work(TorchModel(tiny.llama().to(torch.bfloat16)))
    assert (found.body, found.head, found.table_bytes) == (LLAMA_BODY, HEAD, 300 * 64 * 2)
    assert (found.heads, found.kv_heads, found.head_size) == (4, 2, 16)
    assert (found.computed_in, found.cache_item) == ("bfloat16", 2)


def test_packed_in_8_bits_the_output_layer_has_a_copy_of_its_own(tmp_path: Path) -> None:
    teacher = tiny.checkpoint(tmp_path / "teacher", "gpt2")
    (tmp_path / "int8").mkdir()
    write_int8(tiny.gpt2(), teacher, tmp_path / "int8")
    found = work(TorchModel(load_packed(tmp_path / "int8")))
    assert (found.body, found.head, found.computed_in) == (GPT2_BODY, HEAD, "int8")
    assert found.table_bytes == (300 + 512) * (64 + 4)  # int8 rows, a float32 scale each
    assert found.cache_item == 4


def test_packed_in_4_bits_the_output_layer_reads_the_embeddings_rows(tmp_path: Path) -> None:
    teacher = tiny.checkpoint(tmp_path / "teacher", "gpt2")
    (tmp_path / "int4").mkdir()

    def groups(_: str, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return int4_stored(*int4_groups(weight, torch.ones(weight.shape[1])))

    write_int4(tiny.gpt2(), teacher, tmp_path / "int4", groups)
    found = work(TorchModel(load_packed(tmp_path / "int4")))
    assert (found.body, found.head, found.computed_in) == (GPT2_BODY, HEAD, "bfloat16")
    assert found.table_bytes == 512 * (64 + 2) + 300 * 2  # the tokens' scales have a copy
    assert found.cache_item == 2


def test_what_the_formulas_do_not_hold_for_has_none() -> None:
    for name, value in (("num_experts", 8), ("layer_types", ["sliding_attention"] * 4)):
        module = tiny.llama()
        setattr(module.config, name, value)
        assert TorchModel(module).work() is None
    module = tiny.gpt2()
    module.extra = nn.Parameter(torch.ones(3, 4, 5))  # weights that no layer known here has
    assert TorchModel(module).work() is None


@pytest.mark.parametrize("prompt", [1, 9])
def test_torch_counts_the_same_operations(prompt: int) -> None:
    """torch's own count of matmuls and attention; attention it counts in full, not its half."""
    from torch.utils.flop_counter import FlopCounterMode

    from bench.roofline import prefill_flops

    module = tiny.llama()
    module.config._attn_implementation = "eager"
    model = TorchModel(module)
    found = work(model)
    with FlopCounterMode(display=False) as counter:
        model.first_token([[1] * prompt] * 2)
    full = 4 * found.layers * found.heads * found.head_size * prompt * prompt * 2
    half = 4 * found.layers * found.heads * found.head_size * prompt * (prompt + 1) / 2 * 2
    assert counter.get_total_flops() - full == prefill_flops(found, 2, prompt) - half
