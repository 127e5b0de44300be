"""Fixtures and switches shared by all tests.

    --update          rewrite stored expectations instead of comparing; then read the diff
    JITVM_MODES=all   the whole mode matrix (tests/support/modes.py); or names: JITVM_MODES=hot,O0
    JITVM_SLOW=1      slow tests too
    CI=1              a missing oracle is a failure instead of a skip

A test that takes `mode` runs once per selected mode; one that takes `golden` compares text with a file.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import modes, oracle

# Every trace is verified before it becomes machine code.
os.environ["JITVM_CHECK"] = "1"

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite stored expectations; read the diff")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "mode" in metafunc.fixturenames:
        chosen = modes.selected()
        metafunc.parametrize("mode", chosen, ids=[mode.name for mode in chosen])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("JITVM_SLOW"):
        return
    skip = pytest.mark.skip(reason="slow: set JITVM_SLOW=1")
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(skip)


@pytest.fixture
def luajit() -> str:
    """The path of the pinned luajit; skips, or fails in CI, when it is missing."""
    return oracle.required()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares text with a stored file; rewrites the file under --update."""
    update = bool(request.config.getoption("--update"))

    def compare(path: Path, actual: str) -> None:
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="latin-1")
            return
        expected = path.read_text(encoding="latin-1") if path.exists() else ""
        if actual != expected:
            pytest.fail(
                f"{unified(path, expected, actual)}\nIf this is intended: pytest --update", pytrace=False
            )

    return compare


def unified(path: Path, expected: str, actual: str) -> str:
    """The difference between the stored and the present text."""
    lines = difflib.unified_diff(
        expected.splitlines(), actual.splitlines(), f"{path.name} (stored)", "now", lineterm="", n=4
    )
    return "\n".join(list(lines)[:200])
