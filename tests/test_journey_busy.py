"""The whole way, on stand-ins: what every cell says of the machine, also of one that is busy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes import _project
from tests.fakes._project import SMALL, SUITES, Ended, weigh

WORDS = ("-k", " or ".join((*SUITES, "cold")), "--rounds=8", "--variant=teacher")
IN_A_CHILD = ("memory", "load", "cold")


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A session on a machine that others use."""
    project = _project.lay_out(tmp_path_factory.mktemp("crowded"))
    words = ("-p", "tests.fakes._crowd", "--busy-share=50%", "--benchmark-json")
    return weigh(project, *SMALL, *WORDS, *words)


@pytest.mark.parametrize("suite", [*SUITES, "cold"])
def test_every_cell_notes_the_same_facts(crowded: Ended, suite: str) -> None:
    facts = crowded.cell(suite, "teacher").facts["conditions"]
    assert {"seconds", "cores", "others_share", "stolen_share", "before", "after"} <= set(facts)
    assert facts["others_share"] == 1.0
    assert {"load", "running", "cpu_hz", "cpu_c", "gpu"} <= set(facts["before"])


@pytest.mark.parametrize("suite", IN_A_CHILD)
def test_a_cell_of_a_child_says_that_the_machine_was_busy(crowded: Ended, suite: str) -> None:
    found = crowded.cell(suite, "teacher")
    assert (found.status, found.figured) == ("busy", True)
    assert found.message is not None
    assert "other processes used 100% of the" in found.message
    assert found.message.endswith("(limit 50%)")


def test_a_busy_machine_fails_no_session(crowded: Ended) -> None:
    assert crowded.code == 0, crowded.said
    assert "cells busy" in crowded.said


def test_where_busy_is_never_said_the_facts_stay(tmp_path: Path) -> None:
    project = _project.lay_out(tmp_path)
    words = ("-p", "tests.fakes._crowd", "--busy-share=100%", "--benchmark-json")
    ended = weigh(project, *SMALL, "--variant=teacher", "-k", "load", *words)
    found = ended.cell("load", "teacher")
    assert (found.status, found.facts["conditions"]["others_share"]) == ("measured", 1.0)
