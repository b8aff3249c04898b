"""Options of a recipe: a frozen dataclass, each field with its range, set by name=value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import Field, asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any

from bench.errors import Misuse

PAIR = re.compile(r"([a-z0-9_+.]+)\.([a-z_]+)=(\S*)")
"""variant.option=value; the variant's name may hold dots itself."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """What a value may be."""

    help: str
    low: float | None = None
    high: float | None = None
    of: tuple[str, ...] = ()
    """The only words allowed; empty: any."""

    def __str__(self) -> str:
        if self.of:
            return ", ".join(self.of)
        ends = [f"{self.low:g}" if self.low is not None else "", f"{self.high:g}"
                if self.high is not None else ""]  # fmt: skip
        if not any(ends):
            return "any"
        return f"{ends[0]} to {ends[1]}" if all(ends) else f"from {ends[0]}" if ends[0] else (
            f"up to {ends[1]}"
        )  # fmt: skip


def tunable(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    of: Sequence[str] = (),
) -> Any:
    """A field of an options class: its default, what it means, and what it may be."""
    allowed = Range(help=help, low=low, high=high, of=tuple(of))
    return field(default=default, metadata={"range": allowed})


def range_of(one: Field[Any]) -> Range:
    """What the field may be."""
    return one.metadata.get("range") or Range(help="")


def plain(options: Any) -> dict[str, Any]:
    """Options as JSON holds them; empty where there are none."""
    if options is None:
        return {}
    return asdict(options) if is_dataclass(options) else dict(options)  # type: ignore[arg-type]


def split(pair: str) -> tuple[str, str, str]:
    """`pruned.ratio=0.3` -> its variant, option and value. Raises Misuse."""
    found = PAIR.fullmatch(pair)
    if found is None:
        raise Misuse(f"--set {pair!r} is not VARIANT.OPTION=VALUE, such as pruned.ratio=0.3")
    return found[1], found[2], found[3]


def by_variant(pairs: Sequence[str]) -> dict[str, dict[str, str]]:
    """The options said for each variant; of two for the same option the later holds."""
    found: dict[str, dict[str, str]] = {}
    for pair in pairs:
        variant, option, value = split(pair)
        found.setdefault(variant, {})[option] = value
    return found


def tuned(name: str, options: Any, said: Mapping[str, str]) -> Any:
    """`options` of the variant `name` with what was said. Raises Misuse with the allowed range."""
    if not said:
        return options
    known = {one.name: one for one in fields(options)} if is_dataclass(options) else {}
    for option in said:
        if option not in known:
            has = f"it has {', '.join(known)}" if known else "it has no options"
            raise Misuse(f"--set {name}.{option}: variant {name!r} has no such option; {has}")
    return replace(options, **{key: _value(name, known[key], text) for key, text in said.items()})


def written(value: Any) -> str:
    """A value as --set takes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _value(name: str, one: Field[Any], text: str) -> Any:
    allowed = range_of(one)
    try:
        value = _read(one.default, text)
    except ValueError:
        kind = type(one.default).__name__
        raise Misuse(f"--set {name}.{one.name}={text} is no {kind}; allowed: {allowed}") from None
    for single in value if isinstance(value, tuple) else (value,):
        if not _within(allowed, single):
            raise Misuse(f"--set {name}.{one.name}={text} is out of range; allowed: {allowed}")
    return value


def _read(default: Any, text: str) -> Any:
    if isinstance(default, bool):
        if text not in ("yes", "no"):
            raise ValueError(text)
        return text == "yes"
    if isinstance(default, tuple):
        return tuple(int(word) for word in text.split(",") if word)
    return type(default)(text)


def _within(allowed: Range, value: Any) -> bool:
    if allowed.of:
        return value in allowed.of
    if isinstance(value, (bool, str)):
        return True
    # Written so that NaN, which compares as false, is out of every range.
    return (allowed.low is None or value >= allowed.low) and (
        allowed.high is None or value <= allowed.high
    )
