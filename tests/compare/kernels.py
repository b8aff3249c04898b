"""GPT-2-small's matrix products of one token, by each library's kernel: tests.compare.kernels"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.nn.functional import linear

from bench import Place
from variants.runtimes.onnxrt import options

THREADS, ROUNDS, REPEATS = 2, 6, 12
WIDTH, LAYERS, VOCABULARY = 768, 12, 50257
SHAPES = [
    *[(WIDTH, 3 * WIDTH), (WIDTH, WIDTH), (WIDTH, 4 * WIDTH), (4 * WIDTH, WIDTH)] * LAYERS,
    (WIDTH, VOCABULARY),
]
"""(in, out) of every product; 124 million weights."""
WEIGHTS = sum(inside * out for inside, out in SHAPES)
MICROSOFT = "com.microsoft"
Token = Callable[[], object]


def main() -> int:
    """Print a table; kernels take turns, as other tenants' use of the cache comes and goes."""
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    with torch.inference_mode():
        kernels = {name: (make(), size) for name, make, size in choices()}
        took = in_turns({name: token for name, (token, _) in kernels.items()})
    teacher = median(took["torch, float32"])
    print(f"{THREADS} threads, {len(SHAPES)} products of {WEIGHTS / 1e6:.0f} million weights.\n")
    print("| kernel | ms a token | fastest round | GB/s of weights | of float32 |")
    print("|---|--:|--:|--:|--:|")
    for name, (_, size) in kernels.items():
        seconds = median(took[name])
        print(
            f"| {name} | {seconds * 1e3:.2f} | {min(took[name]) * 1e3:.2f} "
            f"| {WEIGHTS * size / seconds / 1e9:.0f} | {teacher / seconds:.2f}× |"
        )
    return 0


def choices() -> Iterator[tuple[str, Callable[[], Token], float]]:
    """Name, maker, bytes a weight."""
    yield "torch, float32", partial(by_torch, floats), 4
    yield "torch, int8 dynamic (FBGEMM)", partial(by_torch, partial(dynamic, "fbgemm")), 1
    yield "torch, int8 dynamic (oneDNN)", partial(by_torch, partial(dynamic, "onednn")), 1
    yield "torch, int8 weights, bfloat16", partial(by_torch, weights_only), 1
    yield "ONNX Runtime, DynamicQuantizeMatMul", partial(by_onnx, whole), 1
    yield "ONNX Runtime, 8 bits, blocks of 128", partial(by_onnx, partial(few, 8, 128)), 1
    yield "ONNX Runtime, 4 bits, blocks of 64", partial(by_onnx, partial(few, 4, 64)), 0.5
    yield "ONNX Runtime, 4 bits, blocks of 128", partial(by_onnx, partial(few, 4, 128)), 0.5
    for label, count in (("as many bytes as 8 bits", 4), ("as 4 bits", 8)):
        yield f"reading alone (torch.mv), {label}", partial(reading, WEIGHTS // count), 4 / count


def in_turns(tokens: Mapping[str, Token]) -> dict[str, list[float]]:
    """Seconds of each; the first runs of a turn find the others' weights in the cache."""
    took: dict[str, list[float]] = {name: [] for name in tokens}
    for _ in range(ROUNDS):
        for name, token in tokens.items():
            seconds = [timed(token) for _ in range(REPEATS)]
            took[name].append(median(seconds[REPEATS // 3 :]))
    return took


def timed(token: Token) -> float:
    """Seconds of one."""
    start = perf_counter()
    token()
    return perf_counter() - start


Product = Callable[[torch.Tensor], object]


def by_torch(make: Callable[[int, int], Product]) -> Token:
    """Every product by a function of its input (1, in)."""
    inputs = {inside: torch.randn(1, inside) for inside, _ in SHAPES}
    products = [(make(*shape), inputs[shape[0]]) for shape in SHAPES]

    def token() -> None:
        for product, x in products:
            product(x)

    return token


def floats(inside: int, out: int) -> Product:
    """float32 weights."""
    weight, bias = torch.randn(out, inside), torch.zeros(out)
    return lambda x: linear(x, weight, bias)


def dynamic(engine: str, inside: int, out: int) -> Product:
    """int8 weights by column, the activation rounded at every call."""
    torch.backends.quantized.engine = engine
    weight = torch.randn(out, inside)
    scale, zero = weight.abs().amax(1) / 127, torch.zeros(out, dtype=torch.long)
    rounded = torch.quantize_per_channel(weight, scale, zero, 0, torch.qint8)
    packed = torch.ops.quantized.linear_prepack(rounded, torch.zeros(out))
    return lambda x: torch.ops.quantized.linear_dynamic(x, packed, True)


def weights_only(inside: int, out: int) -> Product:
    """int8 weights, multiplied in bfloat16."""
    weight = torch.randint(-127, 127, (out, inside), dtype=torch.int8)
    scale = torch.rand(out).bfloat16()
    return lambda x: torch._weight_int8pack_mm(x.bfloat16(), weight, scale)


def reading(numbers: int) -> Token:
    """A float32 matrix of about so many numbers, times a vector: next to nothing but reading."""
    matrix, vector = torch.ones(numbers // 4096, 4096), torch.ones(4096)
    return lambda: torch.mv(matrix, vector)


Nodes = Callable[[int, int, int], tuple[Any, Sequence[Any]]]


def by_onnx(node: Nodes) -> Token:
    """One graph of all products, as a decoder's forward is one."""
    made = [node(at, *shape) for at, shape in enumerate(SHAPES)]
    graph = helper.make_graph(
        [one for one, _ in made],
        "products",
        [value(f"x{inside}", inside) for inside in (WIDTH, 4 * WIDTH)],
        [value(f"y{at}", out) for at, (_, out) in enumerate(SHAPES)],
        [weight for _, weights in made for weight in weights],
    )
    versions = [helper.make_opsetid("", 21), helper.make_opsetid(MICROSOFT, 1)]
    model = helper.make_model(graph, opset_imports=versions, ir_version=10)
    session = ort.InferenceSession(model.SerializeToString(), options(Place(threads=THREADS)))
    feed = {f"x{inside}": np.ones((1, inside), np.float32) for inside in (WIDTH, 4 * WIDTH)}
    return lambda: session.run(None, feed)


def value(name: str, width: int) -> Any:
    """float32 (1, width)."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, width])


def whole(at: int, inside: int, out: int) -> tuple[Any, Sequence[Any]]:
    """int8 weights by column."""
    rng = np.random.default_rng(at)
    weights = [
        numpy_helper.from_array(rng.integers(-127, 127, (inside, out), np.int8), f"w{at}"),
        numpy_helper.from_array(np.ones(out, np.float32), f"s{at}"),
        numpy_helper.from_array(np.zeros(out, np.int8), f"z{at}"),
    ]
    names = [f"x{inside}", *(weight.name for weight in weights)]
    node = helper.make_node("DynamicQuantizeMatMul", names, [f"y{at}"], domain=MICROSOFT)
    return node, weights


def few(bits: int, block: int, at: int, inside: int, out: int) -> tuple[Any, Sequence[Any]]:
    """As `onnx_int8` and `onnx_int4` store and multiply them: activations in int8 too."""
    rng, blocks = np.random.default_rng(at), inside // block
    packed = rng.integers(0, 255, (out, blocks, block * bits // 8), np.uint8)
    weights = [
        numpy_helper.from_array(packed, f"w{at}"),
        numpy_helper.from_array(np.ones((out, blocks), np.float32), f"s{at}"),
    ]
    names = [f"x{inside}", *(weight.name for weight in weights)]
    sizes = {"K": inside, "N": out, "bits": bits, "block_size": block, "accuracy_level": 4}
    node = helper.make_node("MatMulNBits", names, [f"y{at}"], domain=MICROSOFT, **sizes)
    return node, weights


if __name__ == "__main__":
    sys.exit(main())
