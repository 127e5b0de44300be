"""From source distribution to a command that runs Lua, in a fresh environment and without a compiler."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support import process

LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "tests", "traces")
SCRIPT = "local x = 0 for i = 1, 1000 do x = x + i end print(x, string.rep('ab', 2))\n"


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    variables = {"PYTHONPATH": "", **environment}
    done = process.run([str(word) for word in command], cwd=cwd, environment=variables, limit=600)
    assert done.status == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of an environment that jitvm was installed into."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    shutil.copytree(process.ROOT, source, ignore=LEFT_OUT)
    tools = folder / "tools"
    run(sys.executable, "-m", "pip", "install", "-q", "--target", tools, "setuptools>=70.1", cwd=folder)
    run(sys.executable, "setup.py", "-q", "sdist", cwd=source, PYTHONPATH=str(tools))
    (packed,) = (source / "dist").glob("*.tar.gz")
    environment = folder / "environment"
    run(sys.executable, "-m", "venv", environment, cwd=folder)
    commands = environment / "bin"
    run(commands / "python", "-m", "pip", "install", "-q", packed, cwd=folder)
    with tarfile.open(packed) as archive:
        assert not any(name.endswith("vm.image") for name in archive.getnames())
    return commands


@pytest.mark.slow
def test_command_runs_a_script(installed: Path, tmp_path: Path) -> None:
    """The image comes with the package: nothing is built, wherever the cache is and whether or not it is."""
    (tmp_path / "script.lua").write_text(SCRIPT)
    cache = tmp_path / "cache"
    for folder in (cache, cache, Path("/dev/null/nowhere")):
        printed = run(installed / "jitvm", "script.lua", cwd=tmp_path, XDG_CACHE_HOME=str(folder), PATH="")
        assert printed == "500500\tabab\n"
    assert not list(cache.rglob("image-*")) and not list(cache.rglob("heap-*"))
    listing = run(installed / "jitvm", "-jdump=i", "script.lua", cwd=tmp_path, XDG_CACHE_HOME=str(cache))
    assert "---- TRACE 1 IR" in listing


@pytest.mark.slow
def test_what_is_installed(installed: Path, tmp_path: Path) -> None:
    code = "import jitvm.native as n, os; print(*sorted(os.listdir(os.path.dirname(n.__file__))))"
    names = run(installed / "python", "-c", code, cwd=tmp_path).split()
    assert {"vm.image", "vm.heap", "image.py"} <= set(names)
    code = "import jitvm.model.objects as m, jitvm.report.page as p; print(p.report(m.Log())[:15])"
    assert run(installed / "python", "-c", code, cwd=tmp_path) == "<!DOCTYPE html>\n"
    assert "tests" not in os.listdir(next((installed.parent / "lib").glob("python*")) / "site-packages")


@pytest.mark.slow
def test_second_command(installed: Path, tmp_path: Path) -> None:
    """It is there, with its files; what it needs comes with `jitvm[tools]` only."""
    done = process.run([str(installed / "jittrace"), "stats", "x"], tmp_path, environment={"PYTHONPATH": ""})
    assert (done.stdout, done.status) == ("", 2)
    assert done.stderr == "jittrace: needs click and rich: pip install 'jitvm[tools]'\n"
    code = "import jitvm.model as m, jitvm.jittrace as j, os; print(*m.__path__, *j.__path__)"
    model, jittrace = run(installed / "python", "-c", code, cwd=tmp_path).split()
    assert (Path(model) / "trace-log-1.schema.json").is_file()
    assert (Path(jittrace) / "quiet_dump.lua").is_file()
