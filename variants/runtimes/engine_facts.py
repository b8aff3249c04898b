"""What stands beside a TensorRT engine: what built it, for which GPU and which sizes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.errors import ProofFailed, Unsupported

ENGINE = "engine.plan"
BESIDE = "engine.json"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The largest sizes that an engine is built for; its optimisation profile covers all below."""

    batch: int
    length: int
    """Positions of a row, prompt and new tokens together but for the last, which is not fed."""

    def expect_covers(self, batch: int, length: int) -> None:
        """Raises Unsupported where a workload is beyond it."""
        if batch > self.batch:
            raise Unsupported(
                f"batch {batch} is beyond the engine's {self.batch}: --set trt.batch={batch}"
            )
        if length > self.length:
            raise Unsupported(
                f"{length} positions are beyond the engine's {self.length}: "
                f"--set trt.length={length}"
            )


@dataclass(frozen=True, kw_only=True)
class EngineFacts:
    """The engine's key: another library, version or GPU cannot run it."""

    library: str
    """tensorrt or tensorrt_rtx."""
    version: str
    gpu: str
    """The GPU's name; a compute capability, such as SM89, where it was built without one."""
    profile: Profile

    def write(self, folder: Path) -> None:
        """Beside the engine."""
        (folder / BESIDE).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> EngineFacts:
        """Raises ProofFailed where there is no engine."""
        for name in (ENGINE, BESIDE):
            if not (folder / name).is_file():
                raise ProofFailed(f"expected a TensorRT engine in {folder}, found no {name}")
        found = json.loads((folder / BESIDE).read_text(encoding="utf-8"))
        return cls(**{**found, "profile": Profile(**found["profile"])})

    def expect_built_for(self, library: str, version: str, gpu: str) -> None:
        """Raises ProofFailed where another library, version or GPU is here."""
        mine, here = (self.library, self.version, self.gpu), (library, version, gpu)
        if mine != here:
            raise ProofFailed(
                f"expected an engine of {' '.join(here)}, found one of {' '.join(mine)}"
            )
