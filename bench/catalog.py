"""All variants that the packages declare, and every chain of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from bench.discovery import find
from bench.errors import DuplicateName, Misuse
from bench.origin import redirect
from bench.tunable import by_variant
from bench.variant import Variant


@dataclass(frozen=True)
class Catalog:
    """Variants by name; chains that nobody declared are built when asked for."""

    declared: Mapping[str, Variant]
    packages: tuple[str, ...]
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Options by the variant or chain that they were set for."""

    @classmethod
    def of(cls, packages: tuple[str, ...], options: Sequence[str] = ()) -> Catalog:
        """Read every file of `packages`; `options` are such as pruned.ratio=0.3.

        A name twice is refused, unless the later replaces it. Raises Misuse.
        """
        redirect(packages)
        declared: dict[str, Variant] = {}
        for package in packages:
            for name, variant in _found(package).items():
                if name in declared and variant.replaces != name:
                    raise DuplicateName(
                        f"{package}/ declares the variant {name!r}, which another package of "
                        f"bench_variants has already; rename it, or say replaces={name!r}"
                    )
                declared[name] = variant
        said = by_variant(options)
        catalog = cls(_tuned(declared, said), packages, said)
        for name in said:
            catalog.get(name)
        return catalog

    def get(self, name: str) -> Variant:
        """The variant or chain of that name. Raises Misuse where a link is not declared."""
        if name in self.declared:
            return self._checked(self.declared[name])
        base, plus, last = name.rpartition("+")
        if not plus or last not in self.declared:
            raise Misuse(
                f"variant {name!r} is declared nowhere in {', '.join(self.packages)}; "
                f"declared: {', '.join(sorted(self.declared))}"
            )
        if self.declared[last].base is None:
            raise Misuse(f"chain {name!r}: {last!r} is the user's own model, not a recipe")
        self.get(base)
        return self._checked(self.declared[last].on(base).tuned(self.said.get(name, {})))

    def line(self, variant: Variant) -> Iterator[Variant]:
        """`variant` and what it is made from, the root first."""
        for name in variant.sources:
            yield from self.line(self.get(name))
        yield variant

    def embedded(self, name: str) -> Path | None:
        """The model that a package carries in a folder `name/model`, if one does."""
        if not name.isidentifier():
            return None
        for package in self.packages:
            for root in import_module(package).__path__:
                folder = Path(root, name, "model")
                if (folder / "config.json").is_file():
                    return folder
        return None

    def _checked(self, variant: Variant) -> Variant:
        if variant.base is None:
            return variant
        for name in variant.sources:
            if name not in self.declared and "+" not in name:
                raise Misuse(
                    f"variant {variant.name!r} is made from {name!r}, which no file in "
                    f"{', '.join(self.packages)} declares; declared: "
                    f"{', '.join(sorted(self.declared))}"
                )
        self._refuse_circle(variant)
        base = self.get(variant.base)
        if not base.checkpoint and variant.make is not None:
            raise Misuse(
                f"variant {variant.name!r} cannot be made from {base.name!r}, whose folder is "
                "packed for its own kernel; put it first in the chain"
            )
        return variant

    def _refuse_circle(self, variant: Variant, above: tuple[str, ...] = ()) -> None:
        """`above`: what is made from `variant`, the one that was asked for first."""
        if variant.name in above:
            raise Misuse(
                f"variant {above[0]!r}: what it is made from leads back to {variant.name!r}"
            )
        for name in variant.sources:
            if name in self.declared:
                self._refuse_circle(self.declared[name], (*above, variant.name))


def _tuned(
    declared: Mapping[str, Variant], said: Mapping[str, Mapping[str, str]]
) -> dict[str, Variant]:
    """With the options of their recipes and their own, and with the variants that these bring."""
    found = {
        name: variant.tuned({**said.get(variant.recipe, {}), **said.get(name, {})})
        for name, variant in declared.items()
    }
    more = [one for variant in found.values() if variant.also for one in variant.also(variant)]
    return {**found, **{one.name: one for one in more}}


def _found(package: str) -> dict[str, Variant]:
    try:
        return find(package, Variant)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise Misuse(
            f"bench_variants names the package {package!r}, which cannot be imported; "
            "is it installed, or is `pythonpath = .` missing from the ini file?"
        ) from None
