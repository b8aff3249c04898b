"""What is declared, what may be chained, and what is refused by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.catalog import Catalog
from bench.errors import DuplicateName, Misuse
from bench.variant import Variant

Declare = Callable[..., str]
TOP = "top = Variant(name='top', summary='', load=load)"
LOW = "low = Variant(name='low', summary='', base='top', make=make, load=load, checkpoint=False)"
THIN = "thin = Variant(name='thin', summary='', base='top', make=make, load=load)"
SEEN = "seen = Variant(name='seen', summary='', base='top', load=load)"


@pytest.fixture
def declare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Declare:
    """Writes a package; `declare("a", top=TOP)` has the file a/top.py."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(package: str, **files: str) -> str:
        name = f"catalog_{abs(hash(request.node.nodeid))}_{package}"
        (tmp_path / name).mkdir()
        for file, text in {"__init__": "", **files}.items():
            start = "from bench import Variant\ndef load(f, p): return None\n"
            body = start + "def make(b, o): return None\n" + text
            (tmp_path / name / f"{file}.py").write_text(body.replace("@", name))
        importlib.invalidate_caches()
        return name

    return write


def test_files_declare_and_underscored_ones_do_not(declare: Declare) -> None:
    package = declare("a", top=TOP, low=LOW + "\nfrom @.top import top", _hidden=THIN)
    assert sorted(Catalog.of((package,)).declared) == ["low", "top"]


def test_one_name_in_two_files_of_a_package(declare: Declare) -> None:
    package = declare("a", top=TOP, other=TOP)
    with pytest.raises(DuplicateName, match=r"top\.py declares the variant 'top'.*another file"):
        Catalog.of((package,))


def test_one_name_in_two_packages(declare: Declare) -> None:
    one, two = declare("a", top=TOP), declare("b", top=TOP)
    with pytest.raises(DuplicateName, match=f"{two}/ declares the variant 'top'"):
        Catalog.of((one, two))


def test_a_name_taken_over_on_purpose(declare: Declare) -> None:
    one = declare("a", top=TOP)
    two = declare("b", top=TOP.replace("load=load", "load=load, replaces='top'"))
    catalog = Catalog.of((one, two))
    assert catalog.get("top").replaces == "top"
    wrong = declare("c", top=TOP.replace("load=load", "load=load, replaces='low'"))
    with pytest.raises(DuplicateName, match="replaces='top'"):
        Catalog.of((one, wrong))


def test_a_package_that_is_not_there_and_one_that_is_broken(declare: Declare) -> None:
    with pytest.raises(Misuse, match="'not_there_at_all', which cannot be imported"):
        Catalog.of(("not_there_at_all",))
    broken = declare("a", top="import not_there_at_all")
    says = rf"^{broken}.top cannot be imported: ModuleNotFoundError: .*'not_there_at_all' \(line \d"
    with pytest.raises(Misuse, match=says) as raised:
        Catalog.of((broken,))
    assert isinstance(raised.value.__cause__, ModuleNotFoundError)


@pytest.fixture
def catalog(declare: Declare) -> Catalog:
    return Catalog.of((declare("a", top=TOP, low=LOW, thin=THIN, seen=SEEN),))


def test_a_chain_is_the_last_recipe_on_the_rest(catalog: Catalog) -> None:
    chain = catalog.get("thin+thin+low")
    assert (chain.name, chain.base) == ("thin+thin+low", "thin+thin")
    assert chain.make is catalog.get("low").make
    line = [variant.name for variant in catalog.line(chain)]
    assert line == ["top", "thin", "thin+thin", "thin+thin+low"]
    assert catalog.get("low+seen").base == "low"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gone", r"'gone' is declared nowhere in .*; declared: low, seen, thin, top$"),
        ("top+gone", r"'top\+gone' is declared nowhere"),
        ("gone+low", "'gone' is declared nowhere"),
        ("thin+top", "'top' is the user's own model"),
        ("low+thin", "'low', whose folder is packed"),
        ("low+thin+low", "packed"),
        ("+low", "declared nowhere"),
        ("low+", "declared nowhere"),
        ("", "declared nowhere"),
    ],
)
def test_no_chain(catalog: Catalog, name: str, says: str) -> None:
    with pytest.raises(Misuse, match=says) as found:
        catalog.get(name)
    assert "\n" not in str(found.value)


def test_an_unknown_base_names_the_thing_the_place_and_the_way_out(declare: Declare) -> None:
    package = declare("a", top=TOP, low=LOW.replace("base='top'", "base='tpo'"))
    catalog = Catalog.of((package,))
    with pytest.raises(Misuse) as found:
        catalog.get("low")
    assert str(found.value) == (
        f"variant 'low' is made from 'tpo', which no file in {package} declares; declared: low, top"
    )


def test_an_error_further_up_names_the_variant_that_has_it(declare: Declare) -> None:
    broken = THIN.replace("base='top'", "base='tpo'")
    package = declare("a", top=TOP, thin=broken, low=LOW.replace("base='top'", "base='thin'"))
    with pytest.raises(Misuse, match="variant 'thin' is made from 'tpo'"):
        Catalog.of((package,)).get("low")


def test_a_circle_is_refused(declare: Declare) -> None:
    one = declare("a", low=LOW.replace("base='top'", "base='low'"))
    with pytest.raises(Misuse, match=r"'low': .* leads back to 'low'"):
        Catalog.of((one,)).get("low")
    low, thin = LOW.replace("base='top'", "base='thin'"), THIN.replace("base='top'", "base='low'")
    two = declare("b", low=low, thin=thin, seen=SEEN.replace("base='top'", "base='thin'"))
    for name in ("low", "thin", "seen", "seen+seen"):
        with pytest.raises(Misuse, match="leads back to"):
            Catalog.of((two,)).get(name)


PAIR = "pair = Variant(name='pair', summary='', base='top', make=make, load=load, beside=('low',))"


def test_what_stands_beside_is_part_of_the_line(declare: Declare) -> None:
    catalog = Catalog.of((declare("a", top=TOP, low=LOW, pair=PAIR),))
    names = [variant.name for variant in catalog.line(catalog.get("pair"))]
    assert names == ["top", "top", "low", "pair"]


def test_what_stands_beside_is_declared_and_leads_to_no_circle(declare: Declare) -> None:
    with pytest.raises(Misuse, match="'pair' is made from 'low', which no file"):
        Catalog.of((declare("a", top=TOP, pair=PAIR),)).get("pair")
    back = LOW.replace("base='top'", "base='top', beside=('pair',)")
    catalog = Catalog.of((declare("b", top=TOP, low=back, pair=PAIR),))
    for name in ("low", "pair"):
        with pytest.raises(Misuse, match=f"'{name}': .* leads back to '{name}'"):
            catalog.get(name)


@pytest.mark.parametrize("name", ["Int4", "int 4", "int-4", "int@4", "", "ünt"])
def test_a_name_that_k_could_not_select(name: str) -> None:
    with pytest.raises(Misuse, match="-k could not select"):
        Variant(name=name, summary="", load=lambda folder, place: None)  # type: ignore[arg-type,return-value]


def test_the_embedded_model_is_a_folder_of_a_package(declare: Declare, tmp_path: Path) -> None:
    package = declare("a", top=TOP)
    folder = tmp_path / package / "tiny" / "model"
    folder.mkdir(parents=True)
    catalog = Catalog.of((package,))
    assert catalog.embedded("tiny") is None
    (folder / "config.json").write_text("{}")
    assert catalog.embedded("tiny") == folder
    assert catalog.embedded("../tiny") is None
