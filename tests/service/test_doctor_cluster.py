"""What the doctor finds of the Dask cluster that the config names."""

import sys

import pytest

from feedbot.clock import SystemClock
from feedbot.core.doctor import Level
from feedbot.service.doctor.case import Case
from feedbot.service.doctor.cluster import cluster
from feedbot.service.doctor.examine import OUTSIDE
from tests.wire.clusters import dask


async def finding(news, address, patience_s=30.0):
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(f"{text}  cluster: {address}\n", encoding="utf-8")
    [one] = await cluster(Case(news.config, SystemClock()), None, patience_s)
    return one


def test_it_is_looked_at():
    assert cluster in [check for _, check in OUTSIDE]


async def test_without_a_cluster_there_is_nothing_to_say(news):
    assert await cluster(Case(news.config, SystemClock()), None) == []


async def test_a_cluster_that_can_ask_is_well(news, tmp_path):
    with dask(tmp_path / "dask") as there:
        there.add()
        there.wait()
        found = await finding(news, there.address)
    assert (found.level, found.mend) == (Level.OK, "")
    assert found.sentence == f"the cluster {there.address} answers: 1 worker, which is of this feedbot"


async def test_a_cluster_that_cannot_ask_is_a_problem_and_says_why(news, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import feedbot; feedbot.__version__ = '0.0.9'", encoding="utf-8")
    with dask(tmp_path / "dask") as there:
        there.add(PYTHONPATH=f"{tmp_path}:{':'.join(filter(None, sys.path))}")
        there.wait()
        found = await finding(news, there.address)
    assert found.level is Level.PROBLEM
    assert "has feedbot 0.0.9/1, and this is feedbot" in found.sentence


async def test_a_scheduler_that_is_not_there_is_a_problem(news):
    found = await finding(news, "tcp://127.0.0.1:9", patience_s=0.3)
    assert found.level is Level.PROBLEM
    assert found.sentence.startswith("no link can be checked: the cluster tcp://127.0.0.1:9 does not answer: ")
    assert found.mend.startswith("checker.cluster: the address that `dask scheduler` prints")


@pytest.mark.parametrize(("is_installed", "level"), [(True, Level.OK), (False, Level.PROBLEM)])
async def test_a_cluster_of_this_machine_needs_dask_alone(news, monkeypatch, is_installed, level):
    if not is_installed:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert (await finding(news, "local")).level is level
