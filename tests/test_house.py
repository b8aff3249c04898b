"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from bench.catalog import Catalog

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "bench": {"bench"},
    "variants": {"bench", "variants"},
    "suites": {"bench", "suites"},
    "reports": {"bench", "reports"},
}
HEAVY = {
    "torch", "transformers", "tokenizers", "safetensors", "numpy", "scipy", "pandas", "optimum",
    "onnx", "onnx_ir", "onnxruntime", "onnxscript", "openvino", "nncf", "tensorrt",
    "pynvml", "huggingface_hub", "datasets", "gguf", "llama_cpp", "rich",
    "jinja2", "ruptures", "wandb", "mlflow", "tensorboard",
}  # fmt: skip
HEAVY_ROOMS = ("variants/runtimes/", "variants/recipes/", "variants/demo/")
JUNK = {"utils", "util", "helpers", "helper", "common", "base", "misc", "tools", "core", "lib"}
Function = ast.FunctionDef | ast.AsyncFunctionDef
SOURCES = sorted(file for package in MAY_IMPORT for file in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def where(file: Path) -> str:
    return str(file.relative_to(ROOT))


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def functions(file: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(file)) if isinstance(node, Function))


def imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """The first word of every import among `nodes`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the room"
            yield str(node.module).partition(".")[0]


def at_module_level(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when the file is imported: not in a function, not for a type checker only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_module_level(child)


def is_hook_or_fixture(function: Function) -> bool:
    """pytest dictates their parameters, and a suite's."""
    marked = any("fixture" in ast.unparse(mark) for mark in function.decorator_list)
    return marked or function.name.startswith(("pytest_", "test_"))


def parameters(function: Function) -> list[str]:
    """As a caller counts them."""
    all_ = function.args
    names = [a.arg for a in [*all_.posonlyargs, *all_.args, *all_.kwonlyargs]]
    return [name for name in names if name not in ("self", "cls")]


def length(function: Function) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


@pytest.mark.parametrize("file", SOURCES, ids=where)
def test_imports_run_downwards(file: Path) -> None:
    ours = set(imported(ast.walk(tree(file)))) & set(MAY_IMPORT)
    assert ours <= MAY_IMPORT[file.relative_to(ROOT).parts[0]]


def test_the_trunk_names_no_leaf() -> None:
    """Not in a string to be imported either, but for the default of `bench_variants`."""
    for file in (ROOT / "bench").rglob("*.py"):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not node.value.startswith(("variants.", "suites.", "reports.")), where(file)


@pytest.mark.parametrize("file", SOURCES, ids=where)
def test_nothing_heavy_is_imported_with_a_file(file: Path) -> None:
    if where(file).startswith(HEAVY_ROOMS):
        return
    assert set(imported(at_module_level(tree(file)))) & HEAVY == set()


@pytest.mark.parametrize("file", SOURCES, ids=where)
def test_files_are_small_and_captioned(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    caption = (ast.get_docstring(tree(file)) or "").partition("\n")[0]
    assert 10 <= len(caption) <= 120


@pytest.mark.parametrize("file", [*SOURCES, *TESTS], ids=where)
def test_no_junk_drawers(file: Path) -> None:
    assert file.stem not in JUNK
    assert not JUNK & set(file.relative_to(ROOT).parts)


@pytest.mark.parametrize("file", SOURCES, ids=where)
def test_functions_are_short(file: Path) -> None:
    too_long = {function.name: length(function) for function in functions(file)}
    assert {name: lines for name, lines in too_long.items() if lines > 40} == {}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_the_usual_function_is_very_short(package: str) -> None:
    files = [file for file in SOURCES if file.is_relative_to(ROOT / package)]
    assert median(length(function) for file in files for function in functions(file)) <= 10


@pytest.mark.parametrize("file", SOURCES, ids=where)
def test_five_parameters_at_most(file: Path) -> None:
    counted = {f.name: parameters(f) for f in functions(file) if not is_hook_or_fixture(f)}
    assert {name: names for name, names in counted.items() if len(names) > 5} == {}


@pytest.mark.parametrize("file", [f for f in SOURCES if where(f).startswith("bench/")], ids=where)
def test_what_is_public_is_explained(file: Path) -> None:
    module = tree(file)
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    inside = [node for owner in classes for node in owner.body if isinstance(node, Function)]
    found = [*classes, *(node for node in module.body if isinstance(node, Function)), *inside]
    bare = [
        node.name
        for node in found
        if not node.name.startswith("_")
        and not ast.get_docstring(node)
        and not (node in inside and length(node) <= 2)  # a property of one line says itself
    ]
    assert bare == []


def test_a_variants_file_is_called_as_the_variant() -> None:
    for name, variant in Catalog.of(("variants",)).declared.items():
        file = ROOT / "variants" / f"{name}.py"
        assert file.is_file() or "+" in name, f"{variant.name} is not declared in {file}"


def test_only_chains_are_declared_in_chains() -> None:
    declared = {file.stem for file in (ROOT / "variants").glob("*.py")} - {"__init__", "chains"}
    names = set(Catalog.of(("variants",)).declared)
    assert declared == {name for name in names if "+" not in name}


def test_defaults_are_declared() -> None:
    """The default set names variants and suites that exist."""
    from bench.settings import LISTS

    assert set(LISTS["default_variants"][0].split()) <= set(Catalog.of(("variants",)).declared)
    suites = {file.stem.removeprefix("test_") for file in (ROOT / "suites").glob("test_*.py")}
    assert set(LISTS["default_suites"][0].split()) <= suites


def test_collecting_every_suite_imports_no_framework() -> None:
    code = (
        "import sys, pytest; code = pytest.main(sys.argv[1:]);"
        f"print('HEAVY', code, sorted(set({sorted(HEAVY)}) & set(sys.modules)))"
    )
    words = ["suites", "--all", "--collect-only", "-q", "-pno:hypothesispytest"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True
    )
    assert "HEAVY 0 []" in done.stdout, done.stdout[-2000:] + done.stderr
