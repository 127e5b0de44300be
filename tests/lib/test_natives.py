"""Native library functions, called as the interpreter calls them, against the luajit binary."""

from __future__ import annotations

import importlib
import math
import random
from collections.abc import Callable
from typing import Any

import pytest

from ir.layout import Ptr
from ir.objects import GCfunc
from jitvm.lib.ffnames import FF_C, FFIDS
from jitvm.lib.table import LIBRARY, FunctionName
from jitvm.runtime import func, value
from jitvm.runtime.heap import Heap

for name in ("base", "bit", "math", "string", "tab"):
    importlib.import_module(f"jitvm.lib.{name}")


class Caller:
    """Calls library functions with Python values."""

    def __init__(self, heap: Heap) -> None:
        self.heap, self.made = heap, {}

    def function(self, name: str) -> Ptr:
        if name not in self.made:
            row = LIBRARY[name]
            fn = func.func_new_builtin(self.heap.g, row.ffid, 0, self.heap.g.tmpbuf, len(row.upvalues))
            self.made[name] = fn
            self.heap.hold(fn.addr)
            for index, item in enumerate(row.upvalues):
                if isinstance(item, FunctionName):
                    fn.uv[index] = self.function(item.name).addr | value.FUNC_BITS
                else:
                    fn.uv[index] = self.heap.string(item).addr | value.STR_BITS
        return Ptr(GCfunc, self.made[name].addr)

    def __call__(self, name: str, *args: Any) -> list[Any] | int:
        """Its results, or the error code."""
        g, L = self.heap.g, self.heap.g.main
        frame = L.stack + 4
        value.set_func(frame - 2, self.function(name))
        L.base, L.top = frame, frame + len(args)
        for index, arg in enumerate(args):
            self.put(frame + index, arg)
        native = LIBRARY[name].native
        assert native is not None
        count = native(g, L, frame, len(args))
        if count < 0:
            return int(g.errcode)
        return [self.get(L.top - count + index) for index in range(count)]

    def put(self, tv: Ptr, item: Any) -> None:
        match item:
            case None:
                value.set_nil(tv)
            case bool():
                value.set_bool(tv, item)
            case bytes():
                value.set_str(tv, self.heap.string(item))
            case Ptr():
                value.set_tab(tv, item)
            case _:
                value.set_number(tv, float(item))

    def get(self, tv: Ptr) -> Any:
        if value.is_number(tv):
            return tv.num
        if value.is_str(tv):
            return self.heap.text(value.str_of(tv))
        return {value.NIL: None, value.TRUE: True, value.FALSE: False}.get(tv.bits, tv.bits)


@pytest.fixture
def call(heap: Heap) -> Caller:
    return Caller(heap)


def lua(item: Any) -> str:
    """A Lua expression."""
    match item:
        case None:
            return "nil"
        case bool():
            return str(item).lower()
        case bytes():
            return '"' + "".join(f"\\{byte:03d}" for byte in item) + '"'
        case float() if math.isnan(item):
            return "(0/0)"
        case float() if math.isinf(item):
            return "(1/0)" if item > 0 else "(-1/0)"
        case _:
            return f"({float(item).hex()})" if item or str(item)[0] == "-" else "0"


def shown(item: Any) -> str:
    """As the oracle's script shows a result: the text of strings, the exact value of numbers."""
    match item:
        case float():
            if math.isnan(item):
                return "nan"
            return str(item) if math.isinf(item) else item.hex()
        case bytes():
            return "s" + item.hex()
        case _:
            return lua(item)


SHOW = """
local function show(x)
  if type(x) == "string" then return "s" .. x:gsub(".", function(c) return ("%02x"):format(c:byte()) end) end
  if type(x) ~= "number" then return tostring(x) end
  if x ~= x then return "nan" end
  if x == 1/0 or x == -1/0 then return tostring(x) end
  return ("%.17g"):format(x)
end
local function line(ok, ...)
  if not ok then print("error") return end
  local t = {}
  for i = 1, select("#", ...) do t[i] = show((select(i, ...))) end
  print(table.concat(t, " "))
end
"""


def same(ours: str, theirs: str) -> bool:
    if ours == theirs:
        return True
    mine, other = ours.split(), theirs.split()
    return len(mine) == len(other) and all(_equal(a, b) for a, b in zip(mine, other))


def _equal(a: str, b: str) -> bool:
    if a == b or a.startswith("s") or b.startswith("s"):
        return a == b
    try:
        x, y = float.fromhex(a) if "0x" in a else float(a), float(b)
    except ValueError:
        return False
    return x == y and math.copysign(1, x) == math.copysign(1, y)


def compare(call: Caller, cases: list[tuple[Any, ...]], lines: Callable[[str], list[str]]) -> None:
    """Runs every case here and there."""
    program = [SHOW] + [
        f"line(pcall({case[0]}{''.join(', ' + lua(arg) for arg in case[1:])}))" for case in cases
    ]
    wrong = []
    for case, theirs in zip(cases, lines("\n".join(program)), strict=True):
        found = call(*case)
        ours = "error" if isinstance(found, int) else " ".join(shown(item) for item in found)
        if not same(ours, theirs):
            wrong.append((case, ours, theirs))
    assert not wrong


NUMBERS = [0.0, -0.0, 1.0, -1.5, 0.5, 2.5, 1e300, -1e-300, 5e-324, 2.0**31, 2.0**53, -(2.0**31) - 1]
SPECIAL = [*NUMBERS, math.inf, -math.inf, math.nan]
WORDS = [b"", b"a", b"Hello, World", b"\0\xff", b"0x10", b" 12 "]
INTS = [0, 1, 2, -1, -2, 5, 100, -100]


@pytest.mark.oracle
def test_math(call: Caller, luajit_lines: Callable[[str], list[str]]) -> None:
    one = "abs floor ceil sqrt log10 exp sin cos tan asin acos atan sinh cosh tanh frexp modf log"
    cases: list[tuple[Any, ...]] = [(f"math.{name}", x) for name in one.split() for x in SPECIAL]
    for name in ("log", "atan2", "pow", "fmod", "ldexp", "min", "max"):
        cases += [(f"math.{name}", x, y) for x in SPECIAL for y in SPECIAL[::2]]
    cases += [
        ("math.floor", b"3.7"),
        ("math.floor", b"x"),
        ("math.floor",),
        ("math.max",),
        ("math.min", 3, 1, 2),
    ]
    compare(call, cases, luajit_lines)


@pytest.mark.oracle
def test_bit(call: Caller, luajit_lines: Callable[[str], list[str]]) -> None:
    numbers = [0, 1, -1, 255, 2.0**31, 2.0**32 + 5, -(2.0**33) - 7, 0.5, 1.5, 2.0**51, 0x12345678]
    cases: list[tuple[Any, ...]] = [
        (f"bit.{name}", x) for name in ("tobit", "bnot", "bswap", "tohex", "band") for x in numbers
    ]
    for name in ("lshift", "rshift", "arshift", "rol", "ror", "band", "bor", "bxor", "tohex"):
        cases += [(f"bit.{name}", x, y) for x in numbers for y in (0, 1, 31, 32, -1, -4, 300)]
    compare(call, [*cases, ("bit.bor", 1, 2, 4, 8), ("bit.band",)], luajit_lines)


@pytest.mark.oracle
def test_string(call: Caller, luajit_lines: Callable[[str], list[str]]) -> None:
    cases: list[tuple[Any, ...]] = []
    for word in WORDS:
        cases += [(f"string.{name}", word) for name in ("reverse", "lower", "upper", "byte")]
        cases += [("string.sub", word, i, j) for i in INTS for j in INTS]
        cases += [("string.byte", word, i, j) for i in INTS for j in INTS]
        cases += [("string.sub", word, i) for i in INTS]
        cases += [("string.rep", word, i) for i in INTS] + [("string.rep", word, 3, b", ")]
        cases += [("tonumber", word)] + [("tonumber", word, radix) for radix in (2, 16, 36, 37, 1)]
    cases += [("string.char", 72, 105), ("string.char",), ("string.char", 256)]
    cases += [("string.rep", b"x" * 64, 2.0**30), ("string.sub", None, 1), ("tonumber", b"zz", 36)]
    compare(call, cases, luajit_lines)


@pytest.mark.oracle
def test_base(call: Caller, luajit_lines: Callable[[str], list[str]]) -> None:
    values = [None, True, False, 1, -0.0, 0.1, 1e15, b"text"]
    cases: list[tuple[Any, ...]] = [(name, x) for name in ("type", "tostring", "tonumber") for x in values]
    cases += [("select", n, b"a", b"b", b"c") for n in (1, 2, 3, 4, 9, -1, -3, -4, 0, b"#")]
    cases += [("rawequal", x, y) for x in values for y in values] + [("rawequal", 1), ("type",), ("select",)]
    cases += [("assert", 1, 2, 3), ("assert", None), ("assert", False, b"message"), ("assert",)]
    cases += [("next", 1), ("rawget", 1, 1), ("setmetatable", 1, 1)]
    compare(call, cases, luajit_lines)


@pytest.mark.oracle
@pytest.mark.parametrize("seed", [None, 0, 1, 42, 123.456, -7e10])
def test_random_numbers(call: Caller, luajit_lines: Callable[[str], list[str]], seed: float | None) -> None:
    call.heap.call("prng_seed_fixed", call.heap.g)
    program = "" if seed is None else f"math.randomseed({seed!r})\n"
    if seed is not None:
        call("math.randomseed", seed)
    ranges = [(), (10,), (-5, 5), (2.0**40,)] * 5
    for args in ranges:
        program += f"print(('%.17g'):format(math.random({', '.join(map(repr, args))})))\n"
    theirs = [float(line) for line in luajit_lines(program)]
    assert [call("math.random", *args)[0] for args in ranges] == theirs  # type: ignore[index]


def test_tables(heap: Heap, call: Caller) -> None:
    t = heap.table(0, 0)
    heap.hold(t.addr)
    for word in (b"b", b"c", b"d"):
        assert call("table.insert", t, word) == []
    assert call("table.insert", t, 1, b"a") == []
    assert call("table.concat", t, b",") == [b"a,b,c,d"]
    assert call("table.concat", t, b"", 2, 3) == [b"bc"]
    assert call("unpack", t) == [b"a", b"b", b"c", b"d"]
    assert call("table.maxn", t) == [4.0]
    assert call("next", t) == [1.0, b"a"] and call("ipairs_aux", t, 2) == [3.0, b"c"]
    assert len(call("pairs", t)) == 3  # type: ignore[arg-type]
    assert call("rawset", t, b"k", 7) != [] and call("rawget", t, b"k") == [7.0]
    assert isinstance(call("table.concat", t, b"", 1, 9), int)
    mt = heap.table(0, 0)
    heap.hold(mt.addr)
    assert call("setmetatable", t, mt) == [t.addr | value.TAB_BITS]
    assert call("getmetatable", t) == [mt.addr | value.TAB_BITS]
    digits = 8 if t.addr < 1 << 32 else 12
    assert call("tostring", t) == [b"table: 0x%0*x" % (digits, t.addr)]


def test_many_results_grow_the_stack(call: Caller) -> None:
    text = random.Random(1).randbytes(500)
    assert call("string.byte", text, 1, -1) == [float(byte) for byte in text]


def test_collectgarbage(call: Caller) -> None:
    assert call("collectgarbage") == [0.0]
    assert call("collectgarbage", b"count")[0] > 0  # type: ignore[index]
    assert call("collectgarbage", b"setpause", 150) == [200.0]
    assert call("collectgarbage", b"stop") == [0.0] and call("collectgarbage", b"isrunning") == [False]
    assert call("collectgarbage", b"restart") == [0.0] and call("collectgarbage", b"isrunning") == [True]
    assert isinstance(call("collectgarbage", b"other"), int)


def test_rows_have_luajits_numbers() -> None:
    for row in LIBRARY.values():
        if row.native is not None:
            assert row.ffid == FFIDS.get(row.name, FF_C), row.name
