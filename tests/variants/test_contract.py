"""Every declared variant, on two architectures, against every promise of Model."""

import gc
import json
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from bench.artifacts import Artifacts
from bench.catalog import Catalog
from bench.errors import Unsupported
from bench.manifest import weight_file_bytes
from bench.model import Model
from bench.needs import why_not
from bench.source import resolve
from bench.variant import Place, Variant
from tests.variants import tiny

TINY = ("student.steps=3", "onnx_int8.block=32", "onnx_int4.block=32")
"""Options that keep training short, and blocks that fit the tiny widths."""
CATALOG = Catalog.of(("variants",), TINY)
PLACE = Place(device="cpu", threads=2)
SAME = ("teacher", "flash", "eager", "sdpa_math", "prompt_lookup", "speculative", "compiled")
"""Variants that are the teacher's weights as they are."""
FLOAT = (*SAME, "student", "onnx")
"""Variants whose arithmetic is float32, so that equal means equal."""
AS_LARGE = {**dict.fromkeys(SAME, 1.0), "onnx": 1.4, "speculative": 2.0}
"""Variants not smaller than the teacher: how large at most. A tiny model's graph weighs."""
ATTENTION = {"eager": "written out", "sdpa_math": "_scaled_dot_product_attention_math",
             "gguf": "written out", "onnx": "GroupQueryAttention",
             "openvino": "compiled"}  # fmt: skip
"""What the proof says of attention where it is not flash, torch's default on a CPU.

By the variant's name, or its first word.
"""
NEAR = {
    **dict.fromkeys(SAME, 1e-5),
    "awq": 0.5,
    "nf4": 0.5,
    "half": 0.03,
    "int8": 0.05,
    "int8_static": 0.15,
    "int8_weight": 0.05,
    "student+int8": 0.05,
    "int4": 0.5,
    "gguf_q8": 0.05,
    "gguf_q4": 0.6,
    "onnx": 1e-5,
    "onnx_int8": 0.05,
    "onnx_int4": 0.6,
    "openvino": 0.05,
}
"""Greatest root mean square difference to the base's logits, in their standard deviations."""
PROMPT = [[5, 80, 17, 201, 9, 44, 120, 7], [33, 2, 250, 60, 61, 62, 8, 100]]
NEW = 6
ONE_ROW = ("speculative", "prompt_lookup")
"""Variants that write one row at a time; they say so where they are given more."""
HOLDS = {"speculative": ("teacher", "student")}
"""Whose weights the folder of a variant holds together."""


@dataclass
class Case:
    """One variant of one tiny checkpoint, loaded."""

    variant: Variant
    folder: Path
    base: Path
    model: Model

    @property
    def prompt(self) -> list[list[int]]:
        """As many rows as it writes at once."""
        return PROMPT[:1] if self.variant.name in ONE_ROW else PROMPT


def in_process(variant: Variant, base: Path, draft: Path) -> None:
    """What ChildMaker does in a child."""
    with torch.enable_grad():
        variant.build(base, draft)


@pytest.fixture(scope="module", params=list(tiny.ARCHITECTURES))
def artifacts(request, tmp_path_factory) -> Iterator[Artifacts]:
    """Where one architecture's variants are made, once for all tests."""
    folder = tmp_path_factory.mktemp(request.param)
    source = tiny.checkpoint(folder / "source", request.param)
    with pytest.MonkeyPatch.context() as patch:  # a real graph takes seconds: test_compiled has it
        patch.setattr("variants.runtimes.compiled.BACKEND", "aot_eager")
        yield Artifacts(folder / "made", CATALOG, resolve(str(source), CATALOG), in_process)


SLOW = ("compiled",)
"""Variants that take minutes here, and have tests of their own besides."""
NAMES = [
    pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
    for name in sorted(CATALOG.declared)
]


@pytest.fixture(scope="module", params=NAMES)
def case(request, artifacts) -> Iterator[Case]:
    """A loaded variant; what it needs and this machine lacks is a skip with its reason."""
    variant = CATALOG.get(request.param)
    if reason := why_not(variant, "cpu"):
        pytest.skip(reason)
    folder = artifacts.folder(variant)
    try:
        import_module(variant.runtime).prepare(folder, PLACE)
    except Unsupported as error:
        pytest.skip(str(error))
    model = variant.open(folder, PLACE)
    yield Case(variant, folder, artifacts.folder(CATALOG.get("teacher")), model)
    model.close()


def test_logits_are_float32_of_batch_length_vocabulary(case):
    found = case.model.logits(PROMPT)
    assert found.dtype == np.float32
    assert found.shape == (2, 8, tiny.VOCABULARY)
    assert np.isfinite(found).all()


def test_logits_repeat(case):
    assert np.array_equal(case.model.logits(PROMPT), case.model.logits(PROMPT))


def test_generate_gives_exactly_what_is_asked_for_and_ticks_once_a_token(case):
    ticks = []
    found = case.model.generate(case.prompt, NEW, lambda: ticks.append(1))
    assert [len(row) for row in found] == [NEW] * len(case.prompt)
    assert all(isinstance(token, int) for row in found for token in row)
    assert len(ticks) == NEW


def test_the_first_token_is_the_first_of_generate(case):
    first = case.model.first_token(case.prompt)
    assert first == [row[:1] for row in case.model.generate(case.prompt, NEW)]


def test_a_prompt_of_all_positions_has_a_first_token(case):
    found = case.model.first_token([PROMPT[0] * (tiny.POSITIONS // 8)])
    assert [len(row) for row in found] == [1]


def test_every_token_is_as_likely_as_the_likeliest_of_an_uncached_forward(case):
    written = case.model.generate(case.prompt, NEW)
    whole = [p + w for p, w in zip(case.prompt, written, strict=True)]
    scores = case.model.logits(whole)[:, len(PROMPT[0]) - 1 : -1]
    chosen = np.take_along_axis(scores, np.array(written)[:, :, None], 2)[:, :, 0]
    spread = scores.std(-1)
    # Quantised kernels differ a little between one row and several; floats do not.
    slack = 1e-4 if case.variant.name in FLOAT else 0.25
    assert (scores.max(-1) - chosen <= slack * spread).all()


def test_a_row_does_not_depend_on_its_batch(case):
    if case.variant.name not in FLOAT:
        pytest.skip("rounding depends on the kernel that the number of rows selects")
    if case.variant.name in ONE_ROW:
        with pytest.raises(Unsupported, match="batch 1 only, not 2"):
            case.model.generate(PROMPT, NEW)
        return
    alone = [case.model.generate([row], NEW)[0] for row in PROMPT]
    assert case.model.generate(PROMPT, NEW) == alone


def test_float_variants_write_what_transformers_generate_writes(case):
    if case.variant.name not in FLOAT:
        pytest.skip("rounded weights write other texts")
    folder = case.folder if case.variant.checkpoint else case.base
    oracle = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    found = oracle.generate(
        torch.tensor(case.prompt),
        attention_mask=torch.ones(len(case.prompt), 8, dtype=torch.long),
        do_sample=False,
        min_new_tokens=NEW,
        max_new_tokens=NEW,
        eos_token_id=None,
        pad_token_id=0,
    )
    assert case.model.generate(case.prompt, NEW) == found[:, 8:].tolist()


def test_compressed_forms_stay_near_what_they_are_made_from(case, artifacts):
    if case.variant.base is None or case.variant.name == "student":
        pytest.skip("nothing that it should be near to")
    base = CATALOG.get(case.variant.base)
    other = base.open(artifacts.folder(base), PLACE)
    ours, theirs = case.model.logits(PROMPT), other.logits(PROMPT)
    other.close()
    error = np.sqrt(np.mean((ours - theirs) ** 2)) / theirs.std()
    # Random weights are the worst case for few bits: a tenth of every layer is rounding.
    assert error <= NEAR[case.variant.name]


def test_the_proof_is_plain_data_and_names_the_kernel(case):
    proof = json.loads(json.dumps(case.model.proof()))
    assert proof["simulated"] is False
    assert proof["threads"] == 2
    assert sum(proof["weight_bytes"].values()) == sum(case.model.weight_bytes().values())
    name = case.variant.name
    wanted = ATTENTION.get(name) or ATTENTION.get(name.partition("_")[0], "flash")
    assert wanted in str(proof["attention"])


def test_the_parameters_are_those_of_the_checkpoint(case, artifacts):
    own = case.variant.name if case.variant.checkpoint else case.variant.base
    names = HOLDS.get(case.variant.name, (own,))
    folders = [artifacts.folder(CATALOG.get(name)) for name in names]
    oracles = [AutoModelForCausalLM.from_pretrained(folder) for folder in folders]
    assert case.model.parameters() == sum(oracle.num_parameters() for oracle in oracles)


def test_what_is_not_the_teachers_weights_is_smaller_on_disk(case):
    ratio = weight_file_bytes(case.folder) / weight_file_bytes(case.base)
    largest = AS_LARGE.get(case.variant.name)
    assert 1 <= ratio <= largest if largest else ratio < 0.8


def test_a_second_load_is_the_same(case):
    again = case.variant.open(case.folder, PLACE)
    assert np.array_equal(again.logits(PROMPT), case.model.logits(PROMPT))
    again.close()


def test_close_frees_the_model(case):
    doomed = case.variant.open(case.folder, PLACE)
    doomed.generate(case.prompt, 2)
    seen = weakref.ref(getattr(doomed, "_module", None) or doomed._session)
    doomed.close()
    gc.collect()
    assert seen() is None


def test_nothing_that_can_run_code_is_written(case):
    endings = {file.suffix for file in case.folder.rglob("*") if file.is_file()}
    known = {".safetensors", ".json", ".jinja", ".onnx", ".data", ".xml", ".bin", ".gguf"}
    assert endings <= known
