"""The Containerfile: what is in it is run here, outside of a container; where Linux allows it, as a first process."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci.runner import FEEDBOT
from tests.ci.sources import offline
from tests.conftest import MAY_BE_SKIPPED
from tests.ports import own_port
from tests.service.daemons import until

# A first process has no signal that ends it but those that it handles itself.
ALONE = ["unshare", "--pid", "--fork", "--kill-child=KILL"]
if os.geteuid() != 0:
    ALONE[1:1] = ["--user", "--map-root-user"]


@pytest.fixture
def steps(project):
    """The instructions, each with what follows it, one list for each stage."""
    text = (project / "Containerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    stages = []
    for name, _, rest in (line.partition(" ") for line in lines if line):
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, rest))
    return stages


def said(stage, name):
    return [rest for one, rest in stage if one == name]


@pytest.fixture
def port():
    with own_port() as port:
        yield port


def test_what_it_copies_is_enough_to_install_it(steps, project, tmp_path):
    build, _ = steps
    for files in said(build, "COPY"):
        *sources, target = shlex.split(files)
        subprocess.run(["cp", "-R", *sources, tmp_path / target], cwd=project, check=True)
    (run,) = said(build, "RUN")
    command = run.replace("/opt/feedbot", str(tmp_path / "opt")).replace("python ", f"{sys.executable} ", 1)
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=offline(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "does not provide the extra" not in done.stderr
    shows = subprocess.run([tmp_path / "opt/bin/feedbot", "--version"], env=offline(), capture_output=True, check=True)
    assert shows.stdout.startswith(b"feedbot ")


def test_its_context_holds_what_it_copies(steps, project):
    copied = {word for files in said(steps[0], "COPY") for word in shlex.split(files)[:-1]}
    ignored = (project / ".containerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert ignored[0] == "*"


def test_it_is_nobody_of_the_host_and_writes_to_one_volume(steps):
    _, image = steps
    assert said(image, "USER") == ["10001:10001"]
    assert said(image, "VOLUME") == said(image, "WORKDIR") == ["/publication"]


def test_as_a_first_process_it_is_found_healthy_and_ends_at_sigterm(steps, news, port):
    if not shutil.which("unshare") or subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode:
        pytest.skip(f"{MAY_BE_SKIPPED}needs the right to make a namespace of processes")
    _, image = steps
    program, *words = json.loads(said(image, "ENTRYPOINT")[0]) + json.loads(said(image, "CMD")[0])
    assert program == "feedbot"
    news.article("one")
    (host,) = re.findall(r"(FEEDBOT__\w+)=0\.0\.0\.0", "".join(said(image, "ENV")))
    environment = {**os.environ, host: "127.0.0.1", "FEEDBOT__SERVE__PORT": str(port)}
    with subprocess.Popen([*ALONE, FEEDBOT, *words], cwd=news.folder, env=environment, stderr=subprocess.PIPE) as outer:
        first = int(until(Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text).split()[0])
        assert re.search(r"^NSpid:.*\t1$", Path(f"/proc/{first}/status").read_text(), re.MULTILINE)
        _, _, check = said(image, "HEALTHCHECK")[0].partition(" CMD ")
        python, *asks = json.loads(check.replace(":8080/", f":{port}/"))
        assert python == "python"
        until(lambda: subprocess.run([sys.executable, *asks], capture_output=True, check=False).returncode == 0)
        until((news.folder / "feeds" / "all.atom").exists)
        os.kill(first, signal.SIGTERM)
        _, told = outer.communicate(timeout=60)
    assert outer.returncode == 0
    assert told.endswith(b"stopped; what was checked is kept\n")
