"""What a cell says of the machine around it, against states written by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from bench import conditions, sensors
from bench.conditions import GpuState, State, between, look
from tests.stub.driver import Driver

GPU = GpuState(
    uuid="GPU-a", others=0, sm_clock_hz=1.7e9, temperature_c=50, throttling=(), used_bytes=9
)
BEFORE = State(
    when=100.0,
    cores=(0, 1),
    used_s=1000.0,
    stolen_s=10.0,
    own_s=5.0,
    load=0.5,
    running=2,
    cpu_hz=3e9,
    cpu_c=50.0,
    cpu_throttles=7,
    gpu=None,
)
QUIET = replace(BEFORE, when=110.0, used_s=1020.0, own_s=25.0)
"""Ten seconds on two processors, all of them ours."""


def test_a_quiet_machine_raises_no_doubt() -> None:
    facts, doubts = between(BEFORE, QUIET)
    assert doubts == {}
    assert (facts["seconds"], facts["cores"]) == (10.0, 2)
    assert (facts["others_share"], facts["stolen_share"]) == (0.0, 0.0)
    assert facts["before"] == {
        "load": 0.5, "running": 2, "cpu_hz": 3e9, "cpu_c": 50.0, "gpu": None,
    }  # fmt: skip


@pytest.mark.parametrize(("own", "share"), [(15.0, 0.5), (22.99, 0.1005), (24.9, 0.005)])
def test_the_share_that_others_used(own: float, share: float) -> None:
    """20 s were worked in 2 x 10 s; what was not ours is theirs."""
    facts, doubts = between(BEFORE, replace(QUIET, own_s=own))
    assert facts["others_share"] == pytest.approx(share)
    assert ("busy" in doubts) is (share > conditions.BUSY)


def test_the_reason_has_the_figure_and_the_limit() -> None:
    _, doubts = between(BEFORE, replace(QUIET, own_s=15.0), limit=0.25)
    assert doubts == {
        "busy": "other processes used 50% of the 2 processors' time while it ran (limit 25%)"
    }
    assert between(BEFORE, replace(QUIET, own_s=15.0), limit=1)[1] == {}


def test_time_that_another_machine_took() -> None:
    facts, doubts = between(BEFORE, replace(QUIET, stolen_s=14.0))
    assert facts["stolen_share"] == pytest.approx(0.2)
    assert "other machines took 20%" in doubts["busy"]


def test_a_cell_too_short_for_the_kernels_ticks_is_not_judged() -> None:
    facts, doubts = between(BEFORE, replace(QUIET, when=100.1, own_s=5.0))
    assert (facts["others_share"], doubts) == (None, {})


def test_what_cannot_be_had_is_none_and_no_doubt() -> None:
    facts, doubts = between(replace(BEFORE, used_s=None, stolen_s=None, cpu_throttles=None), QUIET)
    assert (facts["others_share"], facts["stolen_share"], doubts) == (None, None, {})


def test_processors_that_changed_have_no_share() -> None:
    assert between(BEFORE, replace(QUIET, cores=(0,)))[0]["others_share"] is None


def test_a_processor_that_slowed_itself_down() -> None:
    _, doubts = between(BEFORE, replace(QUIET, cpu_throttles=9))
    assert doubts == {"throttled": "the processor slowed itself down 2 times"}


def test_company_on_the_gpu() -> None:
    _, doubts = between(BEFORE, replace(QUIET, gpu=replace(GPU, others=2)))
    assert doubts == {"busy": "2 other processes computed on the GPU"}
    assert between(BEFORE, replace(QUIET, gpu=replace(GPU, others=None)))[1] == {}


def test_a_gpu_held_down_names_the_reasons_once() -> None:
    hot = replace(GPU, throttling=("hw_slowdown", "sw_power_cap"))
    _, doubts = between(
        replace(BEFORE, gpu=hot), replace(QUIET, gpu=replace(GPU, throttling=("sw_power_cap",)))
    )
    assert doubts == {"throttled": "hw_slowdown, sw_power_cap held the GPU's clocks"}


def test_facts_are_plain() -> None:
    facts, _ = between(replace(BEFORE, gpu=GPU), QUIET)
    assert json.loads(json.dumps(facts))["before"]["gpu"]["uuid"] == "GPU-a"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_another_process_that_computes_is_seen() -> None:
    """One busy process of somebody else's: ours, but taken out of our own time."""
    before = look("cpu")
    code = "import time\nwhile time.process_time() < 0.6: pass"
    subprocess.run([sys.executable, "-c", code], check=True)
    after = look("cpu")
    ours = between(before, after)[0]["others_share"]
    theirs = between(before, replace(after, own_s=before.own_s))[0]["others_share"]
    assert ours is not None
    assert theirs is not None
    wall = (after.when - before.when) * len(after.cores)
    least = 0.5 / wall  # ticks round
    assert theirs == 1.0 or theirs - ours >= least


def test_looking_costs_no_heavy_import_and_no_driver() -> None:
    code = (
        "import sys; from bench.conditions import look; look('cpu');"
        "print(sorted({'torch', 'numpy', 'pynvml', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_where_the_system_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensors, "_text", lambda *_: "")
    found = look("cpu")
    assert (found.used_s, found.running, found.cpu_hz, found.gpu) == (None, None, None, None)
    assert between(found, replace(found, when=found.when + 9))[1] == {}


def test_the_gpus_state_comes_from_the_driver(driver: Driver) -> None:
    driver.tell("gpu GPU-a 0 1 0\nmemory 100 40\nclock 1000 1600 1980\nreasons 0x9\ntemperature 88")
    found = driver.ask(
        "from bench import conditions, kin\n"
        "kin.sees_all_processes = lambda: True\n"
        "state = conditions.look('cuda:0')\n"
        "answer = [vars(state.gpu), conditions.between(state, state)]"
    )
    assert found[0] == {
        "uuid": "GPU-a", "others": 0, "sm_clock_hz": 1e9, "temperature_c": 88,
        "throttling": ["hw_slowdown"], "used_bytes": 40,
    }  # fmt: skip
    assert found[1][1] == {"throttled": "hw_slowdown held the GPU's clocks"}
