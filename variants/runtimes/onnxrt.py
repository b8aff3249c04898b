"""Runs an exported graph in ONNX Runtime: the cache stays where the runtime put it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from bench.errors import Unsupported
from bench.model import Choose, Tokens
from bench.operators import Operator
from bench.roofline import Work
from bench.variant import Place
from variants.runtimes.onnx_cache import Cache, Feed, GrowingCache, ReservedCache
from variants.runtimes.onnx_graph import GRAPH, INPUTS, Facts
from variants.runtimes.onnx_proof import PROVIDERS, prove, stored_bytes, watched
from variants.runtimes.onnx_trace import operators, redraw

TIMED_SPIN = tuple(map(int, ort.__version__.split(".")[:2])) >= (1, 26)
AWAKE = (
    ("session.intra_op.spin_duration_us", "300")
    if TIMED_SPIN
    else ("session.force_spinning_stop", "1")
)
"""Far longer than lies between two tokens; before 1.26 a thread sleeps at once or spins on."""
PROBED_FORWARDS = 3
"""The proof's profile holds one prompt and two single tokens."""


def prepare(folder: Path, place: Place) -> None:
    """Everything that costs before a load and is not the model: imports, and a first session."""
    ort.set_default_logger_severity(3)
    ort.get_available_providers()


def options(place: Place, *, profile: Path | None = None) -> ort.SessionOptions:
    """Threads as asked; they stay awake for the next token, and then sleep.

    Left alone they spin for a second and more, and slow whoever runs next.
    """
    found = ort.SessionOptions()
    found.intra_op_num_threads, found.inter_op_num_threads = place.threads, 1
    found.use_deterministic_compute = place.deterministic
    found.log_severity_level = 3
    found.add_session_config_entry(*AWAKE)
    if profile is not None:
        found.enable_profiling = True
        found.profile_file_prefix = str(profile)
    return found


def providers_for(device: str) -> list[Any]:
    """CUDA's first on a GPU; the processor's is always there, for shapes."""
    if device == "cpu":
        return [PROVIDERS["cpu"]]
    if PROVIDERS["cuda"] not in ort.get_available_providers():
        raise Unsupported(
            f"onnxruntime {ort.__version__} has no CUDA provider; install onnxruntime-gpu in its "
            "place, or measure with --device cpu"
        )
    number = int(device.partition(":")[2] or 0)
    return [(PROVIDERS["cuda"], {"device_id": number}), PROVIDERS["cpu"]]


class OnnxModel:
    """`bench.Model` around a session of an exported graph."""

    profiler = "onnxruntime"

    def __init__(self, folder: Path, place: Place, *, graph: str = GRAPH) -> None:
        self._folder, self._place, self._graph = folder, place, graph
        self.facts = Facts.read(folder)
        self._session: ort.InferenceSession | None = self._open(options(place))
        self._kind = "cuda" if place.device.startswith("cuda") else "cpu"
        self._fused = "total" in {value.name for value in self._session.get_inputs()}

    def _open(self, settings: ort.SessionOptions) -> ort.InferenceSession:
        return ort.InferenceSession(
            str(self._folder / self._graph), settings, providers=providers_for(self._place.device)
        )

    def logits(self, tokens: Tokens) -> np.ndarray[Any, Any]:
        """Float32 (batch, length, vocabulary), one forward with an empty past."""
        steps = self._steps(tokens, 0)
        return steps.run(np.asarray(tokens), np.arange(len(tokens[0])))

    def first_token(self, prompt: Tokens) -> Tokens:
        """The most likely next token of every row; the cache is built, as for decoding."""
        return self.generate(prompt, 1)

    def generate(
        self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
    ) -> Tokens:
        """Greedy, exactly `new_tokens`, never stopping at an end token."""
        return _write(self._steps(prompt, new_tokens), prompt, new_tokens, tick, _best)

    def decode(self, prompt: Tokens, new_tokens: int, choose: Choose) -> Tokens:
        """The same loop and cache, each token chosen from its scores."""
        steps = self._steps(prompt, new_tokens)
        return _write(steps, prompt, new_tokens, None, lambda scores: choose(scores.copy()))

    def _steps(self, prompt: Tokens, new_tokens: int) -> _Steps:
        cache = self._cache(len(prompt), len(prompt[0]) + new_tokens)
        return _Steps(self._live, cache, self._kind)

    def _cache(self, batch: int, length: int) -> Cache:
        if self._fused:
            return ReservedCache(self.facts, batch, length)
        return GrowingCache(self.facts, batch, self._place.device)

    def proof(self) -> dict[str, Any]:
        """Providers, threads, dtypes, and what a profiled session of its own called."""

        def act(session: ort.InferenceSession) -> None:
            steps = _Steps(session, self._cache(1, 16 + PROBED_FORWARDS), self._kind)
            _write(steps, [[1] * 16], PROBED_FORWARDS, None, _best)

        def profiled(to: Path) -> ort.InferenceSession:
            return self._open(options(self._place, profile=to))

        seen = watched(profiled, act, PROBED_FORWARDS)
        settings = self._live.get_session_options()
        return {
            "class": type(self).__name__,
            "providers": self._live.get_providers(),
            "device": self._place.device,
            "threads": settings.intra_op_num_threads,
            "interop_threads": settings.inter_op_num_threads,
            "deterministic": settings.use_deterministic_compute,
            "weight_bytes": self.weight_bytes(),
            "computed_in": "int8" if self.facts.accuracy == 4 else "float32",
            "simulated": False,
            **prove(self.facts, self._place.device, self._place.threads, seen),
        }

    def profile(self, step: Callable[[], object], trace: Path) -> list[Operator]:
        """One run of `step` in a session of its own, under ONNX Runtime's profiler.

        A session is profiled from its opening or never, so this one is fresh: the memory that
        it takes for the first time is within its operators' times.
        """
        kept = self._live
        with tempfile.TemporaryDirectory(prefix=".profile-", dir=trace.parent) as folder:
            fresh = self._open(options(self._place, profile=Path(folder, "trace")))
            self._session = fresh
            try:
                step()
            finally:
                self._session = kept
                written = fresh.end_profiling()
            redraw(Path(written), trace)
            return operators(Path(written))

    def weight_bytes(self) -> Mapping[str, int]:
        """Bytes by kind of storage, as the graph's file has them, tied ones once."""
        return stored_bytes(self._folder / self._graph)

    def parameters(self) -> int:
        """Numbers that the weights stand for, tied ones once; as counted before the export."""
        return self.facts.parameters

    def work(self) -> Work:
        """What a forward asks of the machine."""
        facts = self.facts
        whole = facts.accuracy == 4
        return Work(
            computed_in="int8" if whole else "float32",
            table_bytes=facts.table * facts.table_bits // 8,
            body=facts.body,
            head=facts.head,
            last_only=True,
            layers=facts.layers,
            heads=facts.heads,
            kv_heads=facts.kv_heads,
            head_size=facts.head_size,
            cache_item=4,
        )

    def device_peak(self) -> dict[str, int]:
        """Nothing: ONNX Runtime does not say what its arena held at most."""
        return {}

    def close(self) -> None:
        """Drop the session, and its threads with it."""
        self._session = None

    @property
    def _live(self) -> ort.InferenceSession:
        if self._session is None:
            raise RuntimeError("the model is closed")
        return self._session


class _Steps:
    """Forwards that go on from one another, by one binding."""

    def __init__(self, session: ort.InferenceSession, cache: Cache, kind: str) -> None:
        self._session, self._cache = session, cache
        self._feed = Feed(session.io_binding(), in_place=kind == "cpu")
        self._done = 0

    def run(self, ids: np.ndarray[Any, Any], keep: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Ids (batch, tokens) behind what was run before -> float32 (batch, kept, vocabulary).

        The scores stand in a buffer that the next forward of as many writes anew.
        """
        feed, tokens = self._feed, ids.shape[1]
        positions = np.arange(self._done, self._done + tokens)[None]
        for name, values in zip(INPUTS, (ids, positions, keep), strict=False):
            feed.give(name, values)
        self._done += tokens
        self._cache.bind(feed, self._done)
        scores = feed.scores((len(ids), len(keep)), self._session)
        self._session.run_with_iobinding(feed.binding)
        self._cache.take(feed.binding)
        return scores


def _best(scores: np.ndarray[Any, Any]) -> list[int]:
    return [int(token) for token in scores.argmax(-1)]


def _write(
    steps: _Steps,
    prompt: Tokens,
    new_tokens: int,
    tick: Callable[[], None] | None,
    choose: Choose,
) -> Tokens:
    ids, rows = np.asarray(prompt), [[] for _ in prompt]  # type: tuple[Any, list[list[int]]]
    for _ in range(new_tokens):
        chosen = choose(steps.run(ids, np.array([ids.shape[1] - 1]))[:, -1])
        ids = np.asarray(chosen)[:, None]
        for row, token in zip(rows, chosen, strict=True):
            row.append(int(token))
        if tick is not None:
            tick()
    return rows
