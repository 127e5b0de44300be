"""Random programs of native Python, for hypothesis: well typed, and every loop ends."""

from __future__ import annotations

from hypothesis import strategies as st

INTEGERS = ("i32", "u32", "i64", "u64")
TYPES = (*INTEGERS, "f64")
EDGES = {
    "i32": [0, 1, -1, 2, 7, 255, 2**31 - 1, -(2**31)],
    "u32": [0, 1, 2, 31, 255, 65536, 2**31, 2**32 - 1],
    "i64": [0, 1, -1, 3, 2**32, 2**63 - 1, -(2**63)],
    "u64": [0, 1, 5, 2**32, 2**63, 2**64 - 1],
}
DOUBLES = ["0.0", "-0.0", "1.0", "-1.5", "2.0", "1e300", "4294967296.0", "0.1"]

#: Variables of every program, and those that are parameters: no more than there are registers for.
VARIABLES = {f"{name}_{n}": name for name in TYPES for n in "ab"}
PARAMETERS = {name: type_ for name, type_ in VARIABLES.items() if name[-1] == "a" or type_ == "f64"}


class Source:
    """Draws choices and collects lines."""

    def __init__(self, draw) -> None:  # type: ignore[no-untyped-def]
        self.draw = draw
        self.loops = 0

    def choose(self, options):  # type: ignore[no-untyped-def]
        return self.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))  # type: ignore[no-any-return]

    def expression(self, type_: str, depth: int) -> str:
        kind = self.number(0, 7 if depth else 1)
        if kind == 0:
            if type_ == "f64":
                return self.choose(DOUBLES)
            return f"{type_}({self.choose(EDGES[type_])})"
        if kind == 1:
            return self.choose([name for name, t in VARIABLES.items() if t == type_])
        if kind == 2:
            yes, no = self.expression(type_, depth - 1), self.expression(type_, depth - 1)
            return f"({yes} if {self.condition(depth - 1)} else {no})"
        if kind == 3:
            return self.conversion(type_, depth)
        if kind == 4:
            return self.memory(type_)
        return self.float_operation(depth) if type_ == "f64" else self.operation(type_, depth)

    def operation(self, type_: str, depth: int) -> str:
        op = self.choose(
            ["+", "-", "*", "&", "|", "^", "<<", ">>", "neg", "not", "small", "idiv", "bits", "inline"]
        )
        a = self.expression(type_, depth - 1)
        if op == "neg":
            return f"(-{a})"
        if op == "not":
            return f"(~{a})"
        if op == "small":
            return f"({a} {self.choose('+-*&|^')} {self.choose([1, 2, 8, 255, 100])})"
        if op in ("<<", ">>"):
            count = self.choose([str(self.number(0, 63)), self.expression(self.choose(INTEGERS), 0)])
            return f"({a} {op} {count})"
        if op == "idiv":
            return f"{self.choose(['idiv', 'imod'])}({a}, {type_}({self.choose([1, 2, 3, 7, 1000])}))"
        if op == "bits":
            part = self.choose(["u8", "u16", "i8", "i16"])
            return f"{type_}({part}({a}))"
        if op == "inline":
            return f"pick_{type_}({a}, {self.expression(type_, depth - 1)})"
        return f"({a} {op} {self.expression(type_, depth - 1)})"

    def float_operation(self, depth: int) -> str:
        op = self.choose(["+", "-", "*", "/", "neg", "fabs", "floor", "ceil", "trunc", "fmin", "sqrt"])
        a = self.expression("f64", depth - 1)
        if op == "neg":
            return f"(-{a})"
        if op == "fmin":
            return f"{self.choose(['fmin', 'fmax'])}({a}, {self.expression('f64', depth - 1)})"
        if len(op) > 1:
            return f"{op}({a})"
        return f"({a} {op} {self.expression('f64', depth - 1)})"

    def conversion(self, type_: str, depth: int) -> str:
        sources = [t for t in TYPES if not (type_ == "f64" and t == "u64")]
        source = self.choose([*sources, "bool"])
        if source == "bool":
            return (
                f"f64(i32({self.condition(depth - 1)}))"
                if type_ == "f64"
                else f"{type_}({self.condition(depth - 1)})"
            )
        return f"{type_}({self.expression(source, depth - 1)})"

    def memory(self, type_: str) -> str:
        index = self.choose([str(self.number(0, 7)), "(u32_a & 7)", "(i64_b & 7)"])
        if type_ == "i32" and self.number(0, 1):
            return f"{self.choose(['s8', 's16'])}[{index}]"
        if type_ == "u32" and self.number(0, 1):
            return f"{self.choose(['m8', 'm16'])}[{index}]"
        return f"m_{type_}[{index}]"

    def condition(self, depth: int) -> str:
        kind = self.number(0, 4 if depth > 0 else 1)
        if kind <= 1:
            type_ = self.choose(TYPES)
            a, b = self.expression(type_, max(depth - 1, 0)), self.expression(type_, 0)
            return f"({a} {self.choose(['<', '<=', '>', '>=', '==', '!='])} {b})"
        if kind == 2:
            return f"(not {self.condition(depth - 1)})"
        if kind == 3:
            return f"({self.condition(depth - 1)} {self.choose(['and', 'or'])} {self.condition(depth - 1)})"
        return f"{self.choose(['likely', 'unlikely', 'bool'])}({self.condition(depth - 1)})"

    def statements(self, count: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(count):
            lines += self.statement(depth)
        return lines

    def statement(self, depth: int) -> list[str]:
        kind = self.number(0, 7 if depth else 3)
        if kind <= 1:
            name = self.choose(list(VARIABLES))
            return [f"{name} = {self.expression(VARIABLES[name], 2)}"]
        if kind == 2:
            name = self.choose([n for n, t in VARIABLES.items() if t != "f64"])
            return [f"{name} {self.choose(['+=', '-=', '^='])} {self.expression(VARIABLES[name], 1)}"]
        if kind == 3:
            type_ = self.choose(TYPES)
            target = self.choose(["m8", "m16"]) if type_ == "u32" and self.number(0, 1) else f"m_{type_}"
            return [f"{target}[{self.number(0, 7)}] = {self.expression(type_, 2)}"]
        if kind <= 5:
            lines = [f"if {self.condition(2)}:", *self.block(depth)]
            return [*lines, "else:", *self.block(depth)] if self.number(0, 1) else lines
        self.loops += 1
        name = f"n{self.loops}"
        leave = [f"    if {self.condition(1)}:", f"        {self.choose(['break', 'continue'])}"]
        leave = leave if self.number(0, 1) else []
        if kind == 6:
            return [f"for {name} in range({self.number(0, 4)}):", *leave, *self.block(depth)]
        head = [
            f"{name}: u32 = {self.number(0, 4)}",
            f"while {name} != 0 and {self.condition(1)}:",
            f"    {name} -= 1",
        ]
        return [*head, *leave, *self.block(depth)]

    def block(self, depth: int) -> list[str]:
        return ["    " + line for line in self.statements(self.number(1, 3), depth - 1)]


PRELUDE = """
from __future__ import annotations
{inlines}
@native
def program(memory: Ptr[u8], {params}) -> {result}:
    s8, s16, m8, m16 = Ptr[i8](memory), Ptr[i16](memory), Ptr[u8](memory), Ptr[u16](memory)
    m_i32, m_u32 = Ptr[i32](memory), Ptr[u32](memory)
    m_i64, m_u64, m_f64 = Ptr[i64](memory), Ptr[u64](memory), Ptr[f64](memory + 64)
    i32_b, u32_b, i64_b, u64_b = i32(u64_a), u32(i64_a), i64(u64_a >> 3), u64(i32_a)
"""
INLINE = """
@inline
def pick_{t}(a: {t}, b: {t}) -> {t}:
    if a == b:
        return a + 1
    while a > b:
        if a & 1:
            return b
        return a - b
    return b
"""


@st.composite
def programs(draw, statements: int = 6):  # type: ignore[no-untyped-def]
    """The text of a module with one function, `program`."""
    source = Source(draw)
    result = source.choose(TYPES)
    params = ", ".join(f"{name}: {type_}" for name, type_ in PARAMETERS.items())
    inlines = "".join(INLINE.format(t=type_) for type_ in INTEGERS)
    head = PRELUDE.format(inlines=inlines, params=params, result=result)
    lines = [
        *source.statements(draw(st.integers(1, statements)), 2),
        f"return {source.expression(result, 3)}",
    ]
    return head + "".join(f"    {line}\n" for line in lines)


#: Values for the parameters.
ARGUMENTS = st.tuples(
    *(
        st.floats(width=64)
        if type_ == "f64"
        else st.one_of(st.sampled_from(EDGES[type_]), st.integers(0, 100))
        for type_ in PARAMETERS.values()
    )
)
