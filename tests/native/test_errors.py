"""What is not native Python is an error with file, line and reason."""

from __future__ import annotations

import pytest

from ir.layout import Struct
from jitvm.native import Ptr, u32
from jitvm.native.errors import NativeError
from jitvm.native.lower import lower_function

from .engines import from_source


class Thing(Struct):
    word: u32
    next: Ptr["Thing"]


HEAD = """
from __future__ import annotations
@handler
def other(vm: Interp, ra: u64, rd: u64) -> Next:
    return vm.next()
"""

#: Source of f, its line with the error, and the reason.
CASES = [
    ("def f(x) -> i32:\n    return x", 1, "parameter x has no type"),
    ("def f(x: i32):\n    return x", 1, "no result type"),
    ("def f(x: u8) -> i32:\n    return 1", 1, "u8 is a type of memory only"),
    ("def f(x: str) -> i32:\n    return 1", 1, "str is no type"),
    ("def f(x: i32 = 1) -> i32:\n    return 1", 1, "no default values"),
    ("def f(*x: i32) -> i32:\n    return 1", 1, "only plain parameters"),
    (
        f"def f({', '.join(f'x{n}: i32' for n in range(7))}) -> i32:\n    return x1",
        1,
        "more parameters than registers",
    ),
    ("def f(vm: Interp) -> i32:\n    return 1", 1, "no interpreter state"),
    ("def f(x: i32) -> i32:\n    return y", 2, "y is not defined"),
    ("def f(x: i32) -> i32:\n    return len", 2, "is no value of native code"),
    ("def f(x: i32) -> i32:\n    y = y + x\n    return y", 2, "y is used before it has a value"),
    ("def f(x: i32) -> i32:\n    if x:\n        y = x\n    return y", 4, "y may have no value here"),
    ("def f(x: i32) -> i32:\n    if x:\n        return 1", 1, "some paths return no value"),
    ("def f(x: i32) -> u32:\n    return x", 2, "expected u32, found i32"),
    ("def f(x: i32) -> None:\n    return x", 2, "result type None returns no value"),
    ("def f(x: i32) -> i32:\n    return", 2, "a value of type i32 is returned"),
    ("def f(x: i32, y: u32) -> i32:\n    return x + y", 2, "operands of types i32 and u32"),
    ("def f(x: f64) -> f64:\n    return x + 1", 2, "write 1.0"),
    ("def f(x: i32) -> i32:\n    return x + 3000000000", 2, "3000000000 does not fit i32"),
    ("def f(x: i32) -> i32:\n    return x // 2", 2, "// is not part of native Python"),
    ("def f(x: i32) -> i32:\n    return x / 2", 2, "/ on i32"),
    ("def f(x: f64) -> f64:\n    return x & x", 2, "& on f64"),
    ("def f(x: f64) -> f64:\n    return ~x", 2, "Invert on f64"),
    ("def f(x: i32) -> i32:\n    return 1 << x", 2, "the literal that is shifted needs a type"),
    ("def f(x: i32) -> bool:\n    return 1 < x < 3", 2, "comparisons are not chained"),
    ("def f(x: i32) -> bool:\n    return x in x", 2, "operator In"),
    ("def f(x: i32) -> bool:\n    return x is 3", 2, "`is` compares with None only"),
    ("def f(x: f64) -> i32:\n    if x:\n        return 1\n    return 2", 2, "f64 is no condition"),
    ("def f(x: i32) -> i32:\n    y = 0\n    y = x\n    return y", 2, "y needs a type"),
    ("def f(x: i32) -> i32:\n    x = u32(x)\n    return x", 2, "expected i32, found u32"),
    ("def f(x: i32) -> i32:\n    [x]\n    return x", 2, "List is not part of native Python"),
    ("def f(x: i32) -> i32:\n    x + 1\n    return x", 2, "this expression has no effect"),
    ("def f(x: i32) -> i32:\n    import os\n    return x", 2, "Import is not part of native Python"),
    ("def f(x: i32) -> i32:\n    for i in [1]:\n        pass\n    return x", 2, "a for loop is"),
    (
        "def f(x: i32) -> i32:\n    for i in range(1, 9, x):\n        pass\n    return x",
        2,
        "the step of a range",
    ),
    (
        "def f(x: i32) -> i32:\n    while x:\n        pass\n    else:\n        pass\n    return x",
        2,
        "else of a loop",
    ),
    ("def f(x: i32) -> i32:\n    return print(x)", 2, "print is no native function"),
    ("def f(x: i32) -> i32:\n    return sqrt(x)", 2, "expected f64, found i32"),
    ("def f(x: i32) -> i32:\n    return idiv(x)", 2, "idiv takes 2 values, 1 given"),
    ("def f(x: i32) -> i32:\n    return f(x=1)", 2, "no keyword arguments"),
    ("def f(x: i32) -> i32:\n    return other(x, 1, 2)", 2, "other is a handler"),
    ("def f(x: u64) -> f64:\n    return f64(x)", 2, "no conversion of u64 to f64"),
    ("def f(x: i32) -> Ptr[u32]:\n    return Ptr[u32](x)", 2, "no conversion of i32 to Ptr[u32]"),
    ("def f(p: Ptr[Thing]) -> u32:\n    return p.nothing", 2, "Thing has no field nothing"),
    ("def f(x: i32) -> u32:\n    return x.word", 2, "i32 has no fields"),
    ("def f(x: i32) -> u32:\n    return x[1]", 2, "i32 has no elements"),
    ("def f(p: Ptr[u32]) -> u32:\n    return p[1.0]", 2, "an index is an integer"),
    ("def f(p: Ptr[Thing]) -> u32:\n    return p.word(1)", 2, "p.word is no function"),
    ("def f(p: Ptr[Thing]) -> None:\n    p[0] = p", 2, "Thing is stored field by field"),
    ("def f(p: Ptr[Thing], q: Ptr[u32]) -> None:\n    p.next = q", 2, "expected Ptr[Thing], found Ptr[u32]"),
    ("def f(p: Ptr[Thing]) -> Ptr[Thing]:\n    return p + p", 2, "pointers are not added"),
    ("def f(p: Ptr[Thing]) -> u32:\n    return p.ref(1)", 2, "ref takes the name of a field"),
    ("def f(x: i32) -> i32:\n    break\n    return x", 2, "'break' outside loop"),
    ("def f(x: i32) -> i32:\n    a, b = x\n    return x", 2, "cannot assign to Tuple"),
    ("def f(x: i32) -> i32:\n    x.y: i32 = 1\n    return x", 2, "only variables are given types"),
]


@pytest.mark.parametrize(("source", "line", "reason"), CASES)
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_error(source: str, line: int, reason: str) -> None:
    text = HEAD + "@native\n" + source
    offset = HEAD.count("\n") + 1
    try:
        function = from_source(text, Thing=Thing)["f"]
    except SyntaxError as error:  # CPython itself refuses it.
        assert reason in str(error)
        return
    with pytest.raises(NativeError) as caught:
        lower_function(function)
    assert reason in caught.value.reason
    assert caught.value.line == line + offset
    assert caught.value.filename.startswith("<native test")
    assert str(caught.value) == f"{caught.value.filename}:{line + offset}: {caught.value.reason}"


HANDLER_CASES = [
    ("def f(vm: Interp, ra: u64) -> Next:\n    return vm.next()", "a handler is def h"),
    ("def f(vm: Interp, ra: u64, rd: u64) -> Next:\n    vm.next()", "the end of a handler is returned"),
    ("def f(vm: Interp, ra: u64, rd: u64) -> Next:\n    return vm.stop()", "has no stop()"),
    (
        "def f(vm: Interp, ra: u64, rd: u64) -> Next:\n    return vm.tail(len, 1, 2)",
        "vm.tail takes a handler",
    ),
    (
        "def f(vm: Interp, ra: u64, rd: u64) -> Next:\n    vm.g = None\n    return vm.next()",
        "vm.g is not assigned",
    ),
    (
        "def f(vm: Interp, ra: u64, rd: u64) -> Next:\n    x = vm\n    return vm.next()",
        "is not stored in a variable",
    ),
    ("def f(vm: Interp, ra: u64, rd: u64) -> Next:\n    return vm.dispatch(ra)", "expected u32, found u64"),
    (
        "def f(vm: Interp, ra: u64, rd: u64) -> Next:\n    if ra:\n        return vm.next()",
        "some paths return no value",
    ),
]


@pytest.mark.parametrize(("source", "reason"), HANDLER_CASES)
def test_handler_error(source: str, reason: str) -> None:
    with pytest.raises(NativeError) as caught:
        lower_function(from_source(HEAD + "@handler\n" + source)["f"])
    assert reason in caught.value.reason


def test_inline_recursion() -> None:
    source = (
        "@inline\ndef g(x: i32) -> i32:\n    return g(x)\n@native\ndef f(x: i32) -> i32:\n    return g(x)\n"
    )
    with pytest.raises(NativeError, match="calls itself"):
        lower_function(from_source(source)["f"])
