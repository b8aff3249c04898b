"""Run by the rival's interpreter: its times for the grid, all configs in this one process.

Its command cannot: with the inline launcher 0.6.0 stops where it saves its own config, which by
then holds an object that JSON cannot.
"""

import json
import sys
from pathlib import Path

from optimum_benchmark import (
    Benchmark,
    BenchmarkConfig,
    InferenceConfig,
    InlineConfig,
    PyTorchConfig,
)


def main(model: str, threads: int, cells: list[list[int]], new: int, hurry: dict[str, int]) -> None:
    """Write every config's report into a folder of the current one."""
    for batch, prompt in cells:
        config = BenchmarkConfig(
            name="grid",
            launcher=InlineConfig(),
            backend=PyTorchConfig(
                model=model,
                task="text-generation",
                library="transformers",
                model_type="gpt2",
                device="cpu",
                inter_op_num_threads=threads,
            ),
            scenario=InferenceConfig(
                latency=True,
                memory=False,
                input_shapes={"batch_size": batch, "sequence_length": prompt},
                generate_kwargs={"max_new_tokens": new, "min_new_tokens": new},
                **hurry,
            ),
        )
        folder = Path(f"b{batch}-p{prompt}")
        folder.mkdir()
        Benchmark.launch(config).save_json(folder / "benchmark_report.json")


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
