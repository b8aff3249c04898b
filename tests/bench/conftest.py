"""The stub of NVIDIA's driver, built once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stub.driver import Driver, build


@pytest.fixture(scope="session")
def driver_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the stub's library."""
    return build(tmp_path_factory.mktemp("driver"))


@pytest.fixture
def driver(driver_library: Path, tmp_path: Path) -> Driver:
    """A driver to be told what it says."""
    return Driver(library=driver_library, told=tmp_path / "told")
