"""Modes and formatting of listings."""

from __future__ import annotations

import io

import pytest

from ir.builder import TraceBuilder
from ir.ops import Op
from ir.snapshot import Entry, SnapFlag, Snapshot
from ir.trace import Trace
from ir.types import IRType
from jitvm.model import objects as model
from jitvm.model.printer import DumpText
from jitvm.options import Options
from jitvm.runtime.runtime import Runtime
from jitvm.tools.describe import Describer, number_text, quoted
from jitvm.tools.dump import parse_mode
from jitvm.tools.verbose import Verbose
from tests.record.harness import Sources, TracingEngine


@pytest.mark.parametrize(
    ("letters", "wanted", "color"),
    [
        ("", "tbim", None),
        ("tbis", "tbis", None),
        ("+rs", "tbimrs", None),
        ("-m", "tbi", None),
        ("isA", "is", "A"),
        ("H", "tbim", "H"),
    ],
)
def test_modes(letters: str, wanted: str, color: str | None) -> None:
    assert parse_mode(letters) == (frozenset(wanted), color)


def test_numbers() -> None:
    assert [number_text(x) for x in (1.0, -0.5, 1e20, 2.0**53, float("inf"))] == [
        "+1", "-0.5", "+1e+20", "+9.007199254741e+15", "+inf",
    ]  # fmt: skip
    assert number_text(float("nan")) == "nan"


def test_strings() -> None:
    assert quoted(b"a\nb\x01") == '"a\\nb\\001"'
    assert quoted(b"x" * 21) == '"' + "x" * 20 + '"~'
    assert quoted(b"x" * 20) == '"' + "x" * 20 + '"'


def test_columns() -> None:
    b = TraceBuilder(Trace())
    x = b.raw(Op.SLOAD, IRType.INT, 4, 0x28)
    y = b.raw(Op.ADD, IRType.INT, x, b.kint(1))
    b.raw(Op.LE, IRType.INT, y, b.kint(60), guard=True)
    b.raw(Op.CONV, IRType.NUM, y, IRType.NUM << 5 | IRType.INT)
    b.trace.snaps.append(Snapshot(3, 4, 8, (Entry(2, y), Entry(3, y, SnapFlag.FRAME)), 0))
    runtime = Runtime(Options(), TracingEngine())
    describer = Describer(runtime.jit.view, Sources(runtime.jit))
    trace = model.Trace(
        1, ir=describer.instructions(b.trace, registers=False), snapshots=describer.snapshots(b.trace)
    )
    assert list(DumpText(model.Form("dump", "is")).ir_lines(trace)) == [
        "0001    int SLOAD  #4    CI\n",
        "0002    int ADD    0001  +1  \n",
        "....        SNAP   #0   [ ---- ---- 0002 0002|]\n",
        "0003 >  int LE     0002  +60 \n",
        "0004    num CONV   0002  num.int\n",
    ]


def test_verbose() -> None:
    runtime = Runtime(Options(), TracingEngine())
    out = io.StringIO()
    runtime.bus.listen(Verbose(out, Sources(runtime.jit)))
    runtime.call(runtime.load(b"local s = 0\nfor i = 1, 100 do s = s + 1 end", b"@v.lua"))
    assert out.getvalue() == "[TRACE   1 v.lua:2 loop]\n"
