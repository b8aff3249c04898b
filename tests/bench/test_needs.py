"""Why a variant cannot run here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from bench import needs
from bench.needs import cpu_flags, why_not, why_unmet
from bench.variant import Variant


def variant(**facts: Any) -> Variant:
    return Variant(name="some", summary="", load=lambda f, p: None, **facts)  # type: ignore[arg-type,return-value]


@pytest.fixture(params=[True, False], ids=["gpu", "no gpu"])
def gpu(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(needs, "cuda", lambda: request.param)
    return bool(request.param)


def test_what_is_here_is_met(gpu: bool) -> None:
    assert why_not(variant(needs=("json", "pytest")), "cpu") is None
    assert why_unmet(()) == []


def test_a_missing_module_names_its_extra(gpu: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    assert why_not(variant(needs=("tensorrt", "nobody")), "cpu") == (
        "some: needs tensorrt (pip install 'weighbridge[trt]'); needs nobody"
    )


def test_a_part_of_a_namespace_is_found_and_its_bare_folder_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As optimum is one: several distributions put parts into a folder that nobody owns."""
    (tmp_path / "nobodys" / "part").mkdir(parents=True)
    (tmp_path / "nobodys" / "part" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert why_unmet(("nobodys.part",)) == []
    assert "nobodys" not in sys.modules
    assert why_unmet(("nobodys", "nobodys.other", "absent.part")) == [
        "needs nobodys", "needs nobodys.other", "needs absent.part",
    ]  # fmt: skip


def test_a_gpu_is_needed(gpu: bool) -> None:
    found = why_not(variant(needs=("cuda",), devices=("cuda",)), "cuda:1" if gpu else "cpu")
    assert found == (None if gpu else "some: needs an NVIDIA GPU, none is here")


def test_another_device_is_a_reason(gpu: bool) -> None:
    assert why_not(variant(devices=("cpu",)), "cuda:0") == (
        "some: runs on cpu only, and --device is cuda:0"
    )


def test_looking_imports_nothing(gpu: bool) -> None:
    before = set(sys.modules)
    why_unmet(("onnxruntime", "tensorrt", "datasets", "sqlite3"))
    assert "sqlite3" not in set(sys.modules) - before


def test_flags_are_those_that_matter() -> None:
    assert set(cpu_flags()) <= {
        "avx2", "fma", "avx512f", "avx512_bf16", "avx512_fp16", "avx512_vnni", "avx_vnni",
        "amx_tile", "amx_int8", "amx_bf16", "amx_fp16", "amx_complex",
    }  # fmt: skip


def test_a_compiler_is_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(needs, "which", lambda name: "/bin/" + name if name == "g++" else None)
    assert needs.why_unmet(("g++",)) == []
    monkeypatch.setenv("CXX", "gone++")
    assert needs.why_unmet(("g++",)) == ["needs a C++ compiler (install g++, or name one in CXX)"]
