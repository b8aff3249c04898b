"""Every option once, and the one frozen value that they become at the door."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from bench.confine import bytes_of
from bench.errors import Misuse
from bench.machine import usable_threads, versions
from bench.parsing import limit, positive, seconds, share, whole
from bench.recipe import Recipe, recipes
from bench.sampling import Plan
from bench.tunable import split
from bench.variant import Place

Lookup = Callable[[str], Any]


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option: `--name` > `WEIGHBRIDGE_NAME` > ini `bench_name` > default."""

    name: str
    default: str
    help: str
    metavar: str | None = None
    switch: bool = False
    """It says yes by standing on the line; elsewhere, yes or no."""
    many: bool = False
    """It may stand on the line again and again; elsewhere its words are parted by spaces."""

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def environment(self) -> str:
        return "WEIGHBRIDGE_" + self.name.upper()

    @property
    def ini(self) -> str:
        return "bench_" + self.name


OPTIONS = (
    Option(name="teacher", default="demo", metavar="MODEL",
           help="the model to compress: demo, a Hugging Face folder, a .gguf file, a hub id"),
    Option(name="text", default="demo", metavar="TEXT",
           help="the evaluation text: demo, a text file, or hub-dataset:config:split:column"),
    Option(name="eval_tokens", default="16384", metavar="N",
           help="score only the first N tokens of the text, or all; part of the recipe's name"),
    Option(name="recipe", default="hf-strided", metavar="NAME",
           help="how the text is scored: hf-strided, disjoint, word or llama.cpp"),
    Option(name="window", default="512", metavar="N", help="tokens a scored window holds"),
    Option(name="stride", default="256", metavar="N", help="tokens from one window to the next"),
    Option(name="device", default="auto", metavar="DEVICE", help="auto, cpu, cuda or cuda:N"),
    Option(name="threads", default="auto", metavar="N",
           help="threads of every runtime; auto: what this process may use"),
    Option(name="teacher_dtype", default="float32", metavar="DTYPE",
           help="float32, bfloat16 or float16: how the teacher is loaded"),
    Option(name="memory", default="auto", metavar="SIZE",
           help="what test_fit fills, such as 2GiB; auto: a quarter of the device's memory"),
    Option(name="precision", default="3%", metavar="P%",
           help="measure on until the 95 % interval's half-width is P % of the median, or"),
    Option(name="budget", default="10s", metavar="TIME", help="so much time is spent on a cell"),
    Option(name="rounds", default="auto", metavar="N",
           help="exactly N timed rounds of every cell, whatever precision they reach"),
    Option(name="busy_share", default="10%", metavar="P%",
           help="a cell says `busy` where others used more of our processors' time; 100%: never"),
    Option(name="seed", default="0", metavar="N", help="of the prompts and the cells' order"),
    Option(name="set", default="", metavar="VARIANT.OPTION=VALUE", many=True,
           help="an option of a recipe, such as pruned.ratio=0.3; repeatable"),
    Option(name="artifacts", default="", metavar="DIR",
           help="where made variants are kept; the platform's cache folder"),
    Option(name="isolate", default="no", switch=True,
           help="every cell in a process of its own"),
    Option(name="deterministic", default="no", switch=True,
           help="only operators that give the same bits again, where a runtime has them"),
    Option(name="profile", default="no", switch=True,
           help="after each timed cell, what its operators took, and a trace; no time is compared"),
)  # fmt: skip
LISTS = {
    "variants": ("variants", "packages that declare variants, beside Weighbridge's own"),
    "default_variants": (
        "teacher half int8 int4 flash student trt",
        "what `pytest suites` alone measures",
    ),
    "default_suites": (
        "load prefill decode memory quality speedup",
        "the suites that it measures them by",
    ),
}
"""Ini keys `bench_...` that hold several words."""
OURS = "variants"
ALL = "all"
"""The word for no limit."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the user asked for, checked; after this nobody asks pytest's config."""

    teacher: str
    text: str
    eval_tokens: int | None
    """None: all that the text has."""
    recipe: str
    window: int
    stride: int
    device: str
    threads: int
    teacher_dtype: str
    memory: str
    """Bytes in digits, or auto."""
    precision: float
    """Half-width wanted, as a share of the median."""
    budget: float
    """Seconds for the timed rounds of one cell."""
    rounds: int | None
    """None: as precision and budget say."""
    busy_share: float
    """Of our processors' time, that others may use."""
    seed: int
    set: tuple[str, ...]
    """Options of recipes, each as VARIANT.OPTION=VALUE."""
    artifacts: Path
    isolate: bool
    deterministic: bool
    profile: bool
    packages: tuple[str, ...]

    @classmethod
    def resolve(cls, line: Lookup, ini: Lookup) -> Settings:
        """From `line(name)` and `ini(key)`, each None where nothing is said. Raises Misuse."""
        said = {option.name: _said(option, line, ini) for option in OPTIONS if not option.many}
        checked = {name: positive(name, said[name]) for name in ("window", "stride")}
        recipe = _recipe(said["recipe"])
        if recipe.strides and checked["stride"] >= checked["window"]:
            raise Misuse(
                f"--stride {checked['stride']} is not shorter than --window "
                f"{checked['window']}: some tokens would be scored without any before them"
            )
        packages = words(ini("bench_variants") or LISTS["variants"][0])
        return cls(
            teacher=said["teacher"],
            text=said["text"],
            eval_tokens=_count_or_all("eval_tokens", said["eval_tokens"]),
            recipe=recipe.name,
            device=_device(said["device"]),
            threads=_threads(said["threads"]),
            precision=share("precision", said["precision"]),
            budget=seconds("budget", said["budget"]),
            rounds=None if said["rounds"] == "auto" else positive("rounds", said["rounds"]),
            teacher_dtype=_dtype(said["teacher_dtype"]),
            busy_share=limit("busy-share", said["busy_share"]),
            memory=_memory(said["memory"]),
            seed=whole("seed", said["seed"]),
            set=_pairs(line, ini),
            artifacts=_folder(said["artifacts"]),
            isolate=_yes("isolate", said["isolate"]),
            deterministic=_yes("deterministic", said["deterministic"]),
            profile=_yes("profile", said["profile"]),
            packages=tuple(dict.fromkeys([OURS, *packages])),
            **checked,
        )

    @property
    def place(self) -> Place:
        """Where models are loaded."""
        return Place(
            device=self.device,
            threads=self.threads,
            teacher_dtype=self.teacher_dtype,
            deterministic=self.deterministic,
        )

    @property
    def plan(self) -> Plan:
        """How often a timed step runs."""
        return Plan(rounds=self.rounds, precision=self.precision, budget=self.budget)

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the run file."""
        return {field.name: _json(getattr(self, field.name)) for field in fields(self)}

    def as_arguments(self) -> list[str]:
        """The same settings for a child's command line; packages travel by its ini."""
        valued = [option for option in OPTIONS if not option.switch and not option.many]
        said = {option.flag: getattr(self, option.name) for option in valued}
        said["--eval-tokens"] = self.eval_tokens or ALL
        switches = ["--deterministic"] if self.deterministic else []  # isolated it is already
        switches += ["--profile"] if self.profile else []
        return [
            *(f"{flag}={value}" for flag, value in said.items() if value is not None),
            *switches,
            *(f"--set={pair}" for pair in self.set),
        ]


def words(value: str | Iterable[str]) -> tuple[str, ...]:
    """The words of an ini key: pytest gives a list, other readers give a line."""
    return tuple(value.split() if isinstance(value, str) else value)


def default(name: str) -> str:
    """An option's default."""
    return next(option.default for option in OPTIONS if option.name == name)


def _said(option: Option, line: Lookup, ini: Lookup) -> str:
    for found in (line(option.name), os.environ.get(option.environment), ini(option.ini)):
        if found is not None and str(found) != "":
            return str(found)
    return option.default


def _pairs(line: Lookup, ini: Lookup) -> tuple[str, ...]:
    """Every pair that was said; of two for the same option the last holds."""
    option = next(option for option in OPTIONS if option.name == "set")
    said = [ini(option.ini), os.environ.get(option.environment), line(option.name)]
    found = [split(pair) for some in said for pair in words(some or ())]
    last = {(variant, name): value for variant, name, value in found}
    return tuple(f"{variant}.{name}={value}" for (variant, name), value in sorted(last.items()))


def _yes(name: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise Misuse(f"--{name} {text!r} is neither yes nor no")
    return text == "yes"


def _count_or_all(name: str, text: str) -> int | None:
    return None if text == ALL else positive(name, text)


def _recipe(name: str) -> Recipe:
    if name not in recipes():
        raise Misuse(f"--recipe {name!r} is none of {', '.join(sorted(recipes()))}")
    return recipes()[name]


def _device(text: str) -> str:
    from bench.needs import cuda

    if text == "auto":  # a build of torch without CUDA makes a GPU useless
        return "cuda" if cuda() and "+cpu" not in versions().get("torch", "") else "cpu"
    if not re.fullmatch(r"cpu|cuda(:\d+)?", text):
        raise Misuse(f"--device {text!r} is none of auto, cpu, cuda, cuda:N")
    if text != "cpu" and not cuda():
        raise Misuse(f"--device {text}: no NVIDIA driver is here; use --device cpu")
    return text


def _threads(text: str) -> int:
    return usable_threads() if text == "auto" else positive("threads", text)


def _dtype(text: str) -> str:
    if text not in ("float32", "bfloat16", "float16"):
        raise Misuse(f"--teacher-dtype {text!r} is none of float32, bfloat16, float16")
    return text


def _memory(text: str) -> str:
    return text if text == "auto" else str(bytes_of(text))


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute() if text else user_cache_path("weighbridge")


def _json(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
