"""Made once, and again exactly when something that decides the folder has changed."""

from __future__ import annotations

import hashlib
import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from errno import EACCES, ENOSPC
from pathlib import Path

import pytest

from bench.artifacts import DRAFT, MATTER, Artifacts, made
from bench.catalog import Catalog
from bench.commit import digest
from bench.errors import MakeFailed, MakeKilled, Misuse
from bench.machine import versions
from bench.source import Source
from bench.variant import Variant
from tests.fakes import _project

PACKAGE = """
from bench import Variant

def load(folder, place): return None
def make(base, out): return None

top = Variant(name="top", summary="", make=make, load=load)
low = Variant(name="low", summary="", base="top", make=make, load=load, options={"bits": 4})
seen = Variant(name="seen", summary="", base="low", load=load)
pair = Variant(name="pair", summary="", base="top", make=make, load=load, beside=("low",))
taught = Variant(name="taught", summary="", base="top", make=make, load=load, trains=True)
"""


@dataclass
class Maker:
    """Counts, and writes what it was given."""

    calls: list[str] = field(default_factory=list)
    error: BaseException | None = None

    def __call__(self, variant: Variant, base: Path, draft: Path) -> None:
        self.calls.append(variant.name)
        (draft / "data.safetensors").write_text(f"{variant.name} from {base.name}")
        if self.error is not None:
            raise self.error


@dataclass
class House:
    """A package of variants on disk, and the folders made from it."""

    package: Path
    source: Path
    root: Path
    catalog: Catalog
    maker: Maker
    deterministic: bool = False

    def artifacts(self) -> Artifacts:
        """As a new session sees it."""
        source = Source("x", self.source, 9)
        careful = self.deterministic
        return Artifacts(self.root, self.catalog, source, self.maker, deterministic=careful)

    def folder(self, name: str) -> Path:
        return self.artifacts().folder(self.catalog.get(name))

    def fingerprint(self, name: str) -> str:
        return self.artifacts().fingerprint(self.catalog.get(name))


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    package = tmp_path / "package_of_test_artifacts"
    for room in (package, package / "recipes", package / "runtimes"):
        room.mkdir()
        (room / "__init__.py").touch()
    (package / "variants.py").write_text(PACKAGE)
    source = tmp_path / "source"
    source.mkdir()
    (source / "model.safetensors").write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        monkeypatch.delitem(sys.modules, name)
    importlib.invalidate_caches()
    catalog = Catalog.of((package.name,))
    return House(package, source, tmp_path / "made", catalog, Maker())


def test_made_once_with_what_it_is_made_from(house: House) -> None:
    ready = house.folder("low")
    assert house.folder("low") == ready
    assert house.maker.calls == ["top", "low"]
    assert (ready / "data.safetensors").read_text() == f"low from {house.folder('top').name}"
    assert [found.variant for _, found in made(house.root)] == ["low", "top"]


def test_without_a_recipe_the_bases_folder_serves(house: House) -> None:
    assert house.folder("seen") == house.folder("low")
    assert house.artifacts().place(house.catalog.get("seen")) == house.folder("low")
    assert house.maker.calls == ["top", "low"]


Change = Callable[[House], None]


def recipe(house: House) -> None:
    file = house.package / "variants.py"
    file.write_text(file.read_text() + "\n# another way\n")


def shared(house: House) -> None:
    (house.package / "recipes" / "rounding.py").write_text("# new")


def runtime(house: House) -> None:
    (house.package / "runtimes" / "__init__.py").write_text("# new")


def weights(house: House) -> None:
    (house.source / "model.safetensors").write_bytes(b"weightz")


def config(house: House) -> None:
    (house.source / "config.json").write_text("{}")


def library(house: House) -> None:
    from bench import artifacts

    pytest.MonkeyPatch().setattr(artifacts, "versions", lambda: {"torch": "99"})


@pytest.mark.parametrize("change", [recipe, shared, runtime, weights, config, library])
def test_what_changes_every_fingerprint(
    house: House, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench import artifacts

    monkeypatch.setattr(artifacts, "versions", artifacts.versions)  # put back at the end
    before = {name: house.fingerprint(name) for name in house.catalog.declared}
    change(house)
    after = {name: house.fingerprint(name) for name in house.catalog.declared}
    assert all(before[name] != after[name] for name in before)


def test_fingerprints_differ_by_name_options_and_base(house: House) -> None:
    artifacts, low = house.artifacts(), house.catalog.get("low")
    forms = [
        low,
        replace(low, options={"bits": 8}),
        replace(low, options={"bits": 4, "group": 32}),
        replace(low, name="other"),
        low.on("taught"),
        low.on("low"),
    ]
    assert len({artifacts.fingerprint(form) for form in forms}) == len(forms)


def test_the_order_of_options_does_not_matter(house: House) -> None:
    artifacts, low = house.artifacts(), house.catalog.get("low")
    one, two = (replace(low, options=dict(o)) for o in ([("a", 1), ("b", 2)], [("b", 2), ("a", 1)]))
    assert artifacts.fingerprint(one) == artifacts.fingerprint(two)


def test_a_trained_variant_follows_the_python_whose_text_it_reads(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: house.fingerprint(name) for name in ("low", "taught")}
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    assert house.fingerprint("low") == before["low"]
    assert house.fingerprint("taught") != before["taught"]


def test_what_is_made_deterministically_has_a_folder_of_its_own(house: House) -> None:
    """So that neither kind is taken for the other; one that has nothing made uses its base's."""
    usual = {name: house.folder(name) for name in ("top", "low", "seen")}
    house.deterministic = True
    careful = {name: house.folder(name) for name in ("top", "low", "seen")}
    assert house.maker.calls == ["top", "low"] * 2
    assert not {*usual.values()} & {*careful.values()}
    assert careful["seen"] == careful["low"]
    house.deterministic = False
    assert {name: house.folder(name) for name in usual} == usual
    assert house.maker.calls == ["top", "low"] * 2


def test_a_default_make_keeps_the_fingerprint_that_it_had(house: House) -> None:
    """By hand, in the order in which it has always been: what exists stays valid."""
    known = versions()
    matter = json.dumps({name: known.get(name) for name in MATTER})
    code = digest([house.package / "variants.py",
                   *(house.package / room / "__init__.py" for room in ("recipes", "runtimes"))
                   ])  # fmt: skip
    whole = Source("x", house.source, 9).fingerprint
    parts = ["top", "{}", code, matter, "{}", whole]
    assert house.fingerprint("top") == hashlib.sha256("\0".join(parts).encode()).hexdigest()


def test_files_that_are_not_the_model_change_nothing(house: House) -> None:
    before = house.fingerprint("top")
    (house.source / "README.md").write_text("about")
    (house.source / "pytorch_model.bin").write_bytes(b"pickle")
    assert house.fingerprint("top") == before


def flip(ready: Path) -> str:
    content = bytearray((ready / "data.safetensors").read_bytes())
    content[0] ^= 1
    (ready / "data.safetensors").write_bytes(content)
    return "data.safetensors is damaged"


def lose(ready: Path) -> str:
    (ready / "data.safetensors").unlink()
    return "data.safetensors is missing"


def forget(ready: Path) -> str:
    (ready / "manifest.json").unlink()
    return "manifest.json is missing or unreadable"


@pytest.mark.parametrize("harm", [flip, lose, forget])
def test_damage_is_found_and_made_again(
    house: House, harm: Callable[[Path], str], capsys: pytest.CaptureFixture[str]
) -> None:
    ready = house.folder("low")
    whole = (ready / "data.safetensors").read_bytes()
    says = harm(ready)
    assert house.folder("low") == ready
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("low: ")
    assert line.endswith("; it is made again")
    assert str(ready) in line
    assert says in line
    assert house.maker.calls == ["top", "low", "low"]
    assert (ready / "data.safetensors").read_bytes() == whole
    house.folder("low")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(ENOSPC, "No space left on device"), "No space left on device"),
        (PermissionError(EACCES, "Permission denied"), "Permission denied"),
        (MakeFailed("low could not be made: it is wrong"), "it is wrong"),
    ],
)
def test_a_failure_is_one_line_and_leaves_no_folder(
    house: House, error: Exception, says: str
) -> None:
    house.maker.error = error
    with pytest.raises(MakeFailed, match=says) as found:
        house.folder("top")
    assert "\n" not in str(found.value)
    assert [path for path in house.root.iterdir() if path.is_dir()] == []
    house.maker.error = None
    assert house.folder("top").is_dir()


def test_ctrl_c_leaves_no_folder(house: House) -> None:
    house.maker.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        house.folder("top")
    assert [path for path in house.root.iterdir() if path.is_dir()] == []


def test_two_threads_make_it_once(house: House) -> None:
    start, found = threading.Barrier(4), []

    def session() -> None:
        artifacts = house.artifacts()
        start.wait()
        found.append(artifacts.folder(house.catalog.get("low")))

    threads = [threading.Thread(target=session) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert house.maker.calls == ["top", "low"]


def session(tmp_path: Path, how: str) -> subprocess.Popen[str]:
    words = [str(tmp_path / name) for name in ("made", "source", "count")]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.fakes._makes", *words, how],
        cwd=_project.ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_two_processes_make_it_once_and_a_killed_ones_draft_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "config.json").write_text("{}")
    killed = session(tmp_path, "killed")
    killed.communicate()
    assert killed.returncode == -9
    (draft,) = (tmp_path / "made").glob("*/")
    assert (draft / "half-done").exists()
    assert list(made(tmp_path / "made")) == [(draft, None)]
    both = [session(tmp_path, "whole") for _ in range(2)]
    said = {child.communicate()[0].strip() for child in both}
    (ready,) = (tmp_path / "made").glob("*/")
    assert said == {str(ready)}
    assert sorted(path.name for path in ready.iterdir()) == ["manifest.json", "whole"]
    assert (tmp_path / "count").read_text() == "teacher\n" * 2


def test_a_folder_that_cannot_be_written_is_misuse(house: House, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    house.root = tmp_path / "file" / "below"
    with pytest.raises(Misuse, match="name another with --artifacts"):
        house.artifacts().check_writable()
    house.root = tmp_path / "new" / "folders"
    house.artifacts().check_writable()
    assert list(house.root.iterdir()) == []


class Killed(Maker):
    """Writes its state, then is killed the first time; goes on the second."""

    def __call__(self, variant: Variant, base: Path, draft: Path) -> None:
        state = draft / "state"
        if variant.base and not state.exists():
            state.write_text("half")
            raise MakeKilled("its process was killed")
        super().__call__(variant, base, draft)
        if variant.base:
            (draft / "went_on").write_text(state.read_text())
            state.unlink()


@pytest.mark.parametrize("resumes", [True, False])
def test_a_recipe_that_resumes_finds_what_a_killed_one_left(house: House, resumes: bool) -> None:
    house.maker = Killed()
    low = replace(house.catalog.get("low"), resumes=resumes)
    with pytest.raises(MakeKilled):
        house.artifacts().folder(low)
    assert bool(list(house.root.glob(f"low-*{DRAFT}"))) is resumes
    if not resumes:
        return
    ready = house.artifacts().folder(low)
    assert (ready / "went_on").read_text() == "half"
    assert not (ready / "state").exists()


def test_what_failed_leaves_nothing_even_where_it_resumes(house: House) -> None:
    house.maker.error = MakeFailed("wrong")
    low = replace(house.catalog.get("low"), resumes=True)
    with pytest.raises(MakeFailed):
        house.artifacts().folder(low)
    assert list(house.root.glob(f"*{DRAFT}")) == []


def test_what_a_variant_holds_beside_lies_in_its_folder(house: House) -> None:
    """Made first, copied without the other's manifest, and part of its fingerprint."""
    folder = house.folder("pair")
    assert house.maker.calls == ["top", "low", "pair"]
    names = sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())
    assert names == ["data.safetensors", "low/data.safetensors", "manifest.json"]
    copy, own = folder / "low" / "data.safetensors", house.folder("low") / "data.safetensors"
    assert copy.read_text() == own.read_text()
    assert copy.stat().st_ino != own.stat().st_ino
    before = house.fingerprint("pair")
    low = replace(house.catalog.get("low"), options={"bits": 3})
    other = replace(house.catalog, declared={**house.catalog.declared, "low": low})
    assert replace(house, catalog=other).fingerprint("pair") != before
