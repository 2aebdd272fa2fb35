"""`feedbot check --cluster`, the real command."""

import json
import os
import signal
import subprocess

import pytest

from tests.e2e.test_command import FEEDBOT, feedbot, one_sentence
from tests.wire.clusters import dask, until


def without_waiting(said):
    """What was said, without who was waited for longer than usual."""
    return "".join(line for line in said.splitlines(keepends=True) if "it is waited for" not in line)


def test_a_cluster_of_this_machine_is_the_same_check(news, site):
    site.answers |= {"/n1": 404, "/n2": (301, "/n3")}
    for nth in range(5):
        news.article(f"n{nth}")
    done = feedbot(news.folder, "check", "--cluster", "local", "--format", "json")
    assert (done.returncode, without_waiting(done.stderr)) == (0, "")
    assert json.loads(done.stdout)["summary"] == {"alive": 3, "moved": 1, "missing": 1}


def test_ctrl_c_at_a_terminal_ends_it_with_the_processes_of_this_machine(news, site):
    """A terminal sends it to all of them."""
    news.article("n1")
    site.hold()
    run = subprocess.Popen(
        [FEEDBOT, "check", "--cluster", "local"],
        cwd=news.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until(lambda: site.asked)
    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert (run.returncode, without_waiting(said)) == (
        1,
        "feedbot: stopped; what was checked so far is kept, the rest stays due\n",
    )
    until(lambda: not is_there(run.pid))


def is_there(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_config_can_name_a_cluster(news, site, tmp_path):
    news.article("n1")
    with dask(tmp_path / "dask") as cluster:
        news.config_file.write_text(f"{news.config_file.read_text()}  cluster: {cluster.address}\n")
        cluster.add()
        done = feedbot(news.folder, "run", "--once")
        assert (done.returncode, without_waiting(done.stderr)) == (0, "")
        assert "1 alive" in done.stdout
        assert [path for _, path in site.asked] == ["/n1"]
        assert "greet" in cluster.said()


@pytest.mark.parametrize("address", ["", "10.0.0.5:8786", "http://10.0.0.5:8786", "tcp://10.0.0.5"])
def test_what_is_no_address_of_a_scheduler_is_refused(news, address):
    done = feedbot(news.folder, "check", "--cluster", address)
    one_sentence(done, 2, "--cluster: must be local, or the address of a scheduler such as tcp://10.0.0.5:8786")


@pytest.mark.parametrize("words", [[], ["--dry-run"]])
def test_without_dask_the_sentence_names_what_is_missing(news, tmp_path, words):
    news.article("n1")
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['distributed'] = None")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = feedbot(news.folder, "check", *words, "--cluster", "local", env=os.environ | {"PYTHONPATH": path})
    one_sentence(
        done,
        1,
        "(checker.cluster or --cluster), and Dask is not installed here;"
        " pip install '.[cluster]' in a clone of feedbot brings it",
    )
