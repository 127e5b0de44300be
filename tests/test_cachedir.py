"""Where things are kept, and that Python's compiled modules are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jitvm.cachedir import directory
from tests.support import process


@pytest.mark.parametrize(
    ("cache_home", "home", "expected"),
    [
        ("/somewhere", "/home/x", "/somewhere/jitvm"),
        ("", "/home/x", "/home/x/.cache/jitvm"),
        ("relative", "/home/x", "/home/x/.cache/jitvm"),
        ("", "relative", "/dev/null/jitvm"),
    ],
)
def test_directory(cache_home: str, home: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", cache_home)
    monkeypatch.setenv("HOME", home)
    assert directory() == expected


def run_verbosely(cache: Path, **environment: str) -> str:
    """What Python tells about the modules that it loads."""
    done = process.run(
        [sys.executable, "-v", "-m", "jitvm", "-e", "print(1)"],
        cwd=process.ROOT,
        environment={"XDG_CACHE_HOME": str(cache), **environment},
    )
    assert (done.status, done.stdout) == (0, "1\n")
    return done.stderr


def test_modules_are_compiled_once(tmp_path: Path) -> None:
    run_verbosely(tmp_path, PYTHONDONTWRITEBYTECODE="1")
    kept = list(tmp_path.glob(f"jitvm/modules{process.ROOT}/jitvm/cli.*.pyc"))
    assert len(kept) == 1
    assert f"# code object from {str(kept[0])!r}" in run_verbosely(tmp_path, PYTHONDONTWRITEBYTECODE="1")


def test_a_folder_that_was_chosen_stays(tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    environment = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(chosen)}
    run_verbosely(tmp_path / "cache", **environment)
    assert list(chosen.glob(f"{process.ROOT}/jitvm/cli.*.pyc".lstrip("/")))
    assert not (tmp_path / "cache/jitvm/modules").exists()
