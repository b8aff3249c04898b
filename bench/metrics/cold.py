"""What comes before a variant's speed: making it, starting a process, loading, the first call."""

from bench.metric import Metric

cold_start = Metric(
    name="cold_start",
    unit="s",
    better="lower",
    kind="timing",
    summary="start of a fresh process to its first token: interpreter, imports, load, first call",
)

cold_ready = Metric(
    name="cold_ready",
    unit="s",
    better="lower",
    kind="timing",
    summary="in a fresh process, the folder to the first token: load and first call, no imports",
)

load_time = Metric(
    name="load_time",
    unit="s",
    better="lower",
    kind="timing",
    summary="in a fresh process, the folder to a model in memory, its file in the system's cache",
)

first_call = Metric(
    name="first_call",
    unit="s",
    better="lower",
    kind="timing",
    summary="the first prompt after a load in a fresh process, to its first token",
)

warm_call = Metric(
    name="warm_call",
    unit="s",
    better="lower",
    kind="timing",
    summary="the same prompt again in that process: the median of its later calls",
)

make_time = Metric(
    name="make_time",
    unit="s",
    better="lower",
    kind="timing",
    summary="what making the folder took, once, in a process of its own, its base not included",
)

compile_time = Metric(
    name="compile_time",
    unit="s",
    better="lower",
    kind="timing",
    summary="compiling the graph of the cell's shape, as the compiler counts it; in no other time",
)
