"""What a run reports about itself, and what a start leaves out."""

from __future__ import annotations

import re
import sys

import pytest

from tests.support import process

#: Modules that take longer to import than an empty script takes to run.
TOO_SLOW = ("typing", "dataclasses", "inspect", "pathlib", "ctypes", "cffi", "pkgutil", "iced_x86", "decimal")
TRACES = "local x = 0 for i = 1, 1000 do x = x + i end print(x)"


def run(*arguments: str, **environment: str) -> process.Result:
    return process.run([sys.executable, *arguments], cwd=process.ROOT, environment=environment)


def test_start_imports_little() -> None:
    """Modules that site or a .pth file loads are not ours: only what comes on top counts."""
    code = "import sys; before = set(sys.modules); {}; print(*sorted(set(sys.modules) - before))"
    run("-m", "jitvm", "-e", "")  # Fills the cache, should it be empty.
    main = "import jitvm.cli; jitvm.cli.main(['jitvm', '-e', 'local t = {1, x = 2}'])"
    loaded = run("-c", code.format(main)).stdout.split()
    assert "jitvm.front.parser" in loaded
    assert not set(TOO_SLOW) & set(loaded)
    compilers = [name for name in loaded if name.startswith(("jitvm.record", "jitvm.trace", "ir.fold"))]
    assert compilers == []


def test_first_trace_imports_no_more_than_it_needs() -> None:
    """iced_x86 imports `typing` itself."""
    code = "import sys; from jitvm.cli import main; main(['jitvm', '-e', {!r}]); print(*sorted(sys.modules))"
    loaded = run("-c", code.format(TRACES)).stdout.split()
    assert "jitvm.trace.machine" in loaded
    assert not {"dataclasses", "inspect", "random", "pathlib"} & set(loaded)


def test_start_phases() -> None:
    done = run("-m", "jitvm", "-e", "print(1)", JITVM_STATS="1")
    assert done.status == 0 and done.stdout == "1\n"
    time = r"\d+\.\d ms"
    assert re.fullmatch(rf"start: python {time}, modules {time}, runtime {time}; run {time}\n", done.stderr)


def test_cost_of_compiling() -> None:
    done = run("-m", "jitvm", "-e", TRACES, JITVM_STATS="1")
    assert done.status == 0 and done.stdout == "500500\n"
    assert re.search(r"^compile: 1 traces \d+ ir \d+\.\d us/ir$", done.stderr, re.MULTILINE)
    assert re.search(r"^record: \d+ ir \d+\.\d us/ir$", done.stderr, re.MULTILINE)


@pytest.mark.parametrize("value", ["", "0"])
def test_silent_otherwise(value: str) -> None:
    assert run("-m", "jitvm", "-e", "", JITVM_STATS=value).stderr == ""
