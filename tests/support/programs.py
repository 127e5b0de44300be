"""Random Lua programs that terminate, for comparing engines.

    >>> print(generate(7).text())

A program is a tree of statements over a fixed set of variables: numbers n1.., strings s1.., a variable
of changing type v1.., arrays a1.., records r1.. and functions f1...  Expressions are typed, so that
most programs run to their end; what goes wrong all the same (arithmetic on a hole) is caught step by
step, and its message is compared like any other output.

What JITs get wrong has the higher weights: integers that become numbers, -0, NaN, the edges of 31 and 32
bits, nil holes, loops that end in their first or last iteration, variables that change type, values
swapped at a back edge, side exits on rare conditions.

Left out is what differs between two runs of luajit itself: addresses, the order of string keys, the
sign of a printed NaN, powers other than squares.  Every loop has a constant bound, and a budget of
iterations is split among nested loops, so that a program runs for milliseconds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

NUMBERS = ("n1", "n2", "n3", "n4")
STRINGS = ("s1", "s2")
CHANGING = ("v1", "v2")
ARRAYS = ("a1", "a2")
RECORDS = ("r1", "r2")
FIELDS = ("x", "y", "z")
MAX_DEPTH = 4
ITERATIONS = 20_000

COMMON_CONSTANTS = ("0", "1", "-1", "2", "3", "5", "7", "10", "100", "0.5", "-0.5", "1.5", "0.25")
EDGE_CONSTANTS = (
    "-0",
    "0/0",
    "1/0",
    "-1/0",
    "2147483647",
    "2147483646",
    "-2147483648",
    "-2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740992",
    "1e15",
    "1e300",
    "-1e-300",
    "0.1",
)
TRIP_COUNTS = (0, 1, 2, 3, 10, 55, 56, 57, 58, 60, 75, 120, 200)

PRELUDE = """\
local function show(v)
  if v ~= v then return "nan" end
  if v == 0 then return 1 / v < 0 and "-0" or "0" end
  if type(v) == "number" then return string.format("%.14g", v) end
  if type(v) == "table" or type(v) == "function" then return type(v) end
  return tostring(v)
end
local band, bor, bxor, lshift, rshift, arshift, tobit =
  bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift, bit.arshift, bit.tobit
local floor, ceil, sqrt, abs, max, min = math.floor, math.ceil, math.sqrt, math.abs, math.max, math.min
local n1, n2, n3, n4, s1, s2, v1, v2 = 0, 1, 0.5, 100, "", "ab", nil, 1
local a1, a2 = {1, 2, 3, 4, 5, 6, 7, 8}, {}
local r1, r2 = {x = 1, y = 2, z = 3}, {y = 0.5, x = -1}
local f1, f2, f3
local function keep(...) n1, n2, n3, n4, s1, s2, v1, v2 = ... end
local function step(f)
  local ok, message = pcall(f)
  if not ok then print(show(message)) end
end
"""
COPIES = ", ".join((*NUMBERS, *STRINGS, *CHANGING))
EPILOGUE = """\
print(show(n1), show(n2), show(n3), show(n4), show(s1), show(s2), show(v1), show(v2))
print(show(r1.x), show(r1.y), show(r1.z), show(r2.x), show(r2.y), show(r2.z), show(global1))
for i = -1, 20 do io.write(show(a1[i]), " ", show(a2[i]), i == 20 and "\\n" or ", ") end
"""


@dataclass(slots=True)
class Statement:
    """A statement: lines of text with blocks between them (`if c then`, block, `end`)."""

    parts: list[str | Block]

    def lines(self, indent: str) -> Iterator[str]:
        for part in self.parts:
            if isinstance(part, str):
                yield indent + part
            else:
                yield from part.lines(indent + "  ")

    def blocks(self) -> list[Block]:
        return [part for part in self.parts if isinstance(part, Block)]


@dataclass(slots=True)
class Block:
    """Statements in order."""

    statements: list[Statement] = field(default_factory=list)

    def lines(self, indent: str) -> Iterator[str]:
        for statement in self.statements:
            yield from statement.lines(indent)


@dataclass(slots=True)
class Program:
    """A whole program: definitions of functions and a main block, between prelude and epilogue."""

    seed: int
    functions: Block
    main: Block

    def text(self) -> str:
        functions = "\n".join(self.functions.lines(""))
        main = "\n".join(self.main.lines(""))
        return f"-- seed {self.seed}\n{PRELUDE}{functions}\n{main}\n{EPILOGUE}"


def generate(seed: int) -> Program:
    """The program of SEED; always the same one."""
    return _Generator(random.Random(seed)).program(seed)


class _Generator:
    """Draws statements and expressions; knows the loop variables in scope and what may still be spent."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.scope: list[str] = []
        self.budget = ITERATIONS
        self.depth = 0
        self.loops = 0
        self.names = 0
        self.callable: list[str] = []

    # -- programs ------------------------------------------------------------

    def program(self, seed: int) -> Program:
        functions = Block([self.function(name) for name in ("f1", "f2", "f3")])
        main = Block()
        while len(main.statements) < self.random.randint(3, 9):
            self.budget = ITERATIONS
            main.statements.append(self.step())
        return Program(seed, functions, main)

    def step(self) -> Statement:
        """A protected part of the main program, most often on local copies of the variables."""
        body = Block([self.loop() if self.random.random() < 0.6 else self.statement()])
        if self.random.random() < 0.5:
            body.statements.append(self.statement())
        if self.random.random() < 0.3:
            return Statement(["step(function()", body, "end)"])
        opening, closing = Statement([f"local {COPIES} = {COPIES}"]), Statement([f"keep({COPIES})"])
        return Statement(["step(function()", Block([opening, *body.statements, closing]), "end)"])

    def function(self, name: str) -> Statement:
        """A function of two numbers and more arguments, giving a number."""
        self.scope = ["p", "q"]
        self.budget = 10
        self.depth = 2
        body = self.block(self.random.randint(0, 3))
        variadic = self.random.random() < 0.3
        result = f"return {self.number()}"
        if variadic:
            result = f"return {self.number()} + select('#', ...) + ((...) or 0)"
        if self.random.random() < 0.3:
            body.statements.append(Statement([f"if {self.condition()} then return {self.number()} end"]))
        body.statements.append(Statement([result]))
        self.scope, self.depth = [], 0
        self.callable.append(name)
        return Statement([f"function {name}(p, q{', ...' if variadic else ''})", body, "end"])

    def block(self, size: int) -> Block:
        return Block([self.statement() for _ in range(size)])

    # -- statements ----------------------------------------------------------

    def statement(self) -> Statement:
        simple: list[tuple[int, Callable[[], Statement]]] = [
            (10, self.assign_number),
            (3, self.assign_string),
            (4, self.assign_changing),
            (5, self.store_array),
            (4, self.store_field),
            (2, self.swap),
            (2, self.use_changing),
            (2, self.call_closure),
            (1, self.call_protected),
            (1, self.assign_global),
        ]
        if self.depth < MAX_DEPTH:
            simple += [(6, self.branch), (5, self.loop)]
        weights = [weight for weight, _ in simple]
        return self.random.choices([make for _, make in simple], weights)[0]()

    def assign_number(self) -> Statement:
        name = self.random.choice(NUMBERS)
        if self.random.random() < 0.3:
            return Statement([f"{name} = {name} {self.random.choice('+-*')} {self.small_number()}"])
        return Statement([f"{name} = {self.number()}"])

    def assign_string(self) -> Statement:
        name = self.random.choice(STRINGS)
        return Statement([f"{name} = string.sub({self.string()}, -12)"])

    def assign_changing(self) -> Statement:
        value = self.random.choice((self.number(), self.string(), self.condition(), "nil", "a1"))
        return Statement([f"{self.random.choice(CHANGING)} = {value}"])

    def assign_global(self) -> Statement:
        return Statement([f"global1 = (tonumber(global1) or 0) + {self.small_number()}"])

    def store_array(self) -> Statement:
        value = "nil" if self.random.random() < 0.15 else self.number()
        return Statement([f"{self.random.choice(ARRAYS)}[{self.index()}] = {value}"])

    def store_field(self) -> Statement:
        value = "nil" if self.random.random() < 0.05 else self.number()
        return Statement([f"{self.random.choice(RECORDS)}.{self.random.choice(FIELDS)} = {value}"])

    def swap(self) -> Statement:
        names = self.random.sample(NUMBERS, 3)
        values = self.random.sample([*names[:2], names[2]], 3)
        if self.random.random() < 0.4:
            values[0] = self.number()
        return Statement([f"{', '.join(names)} = {', '.join(values)}"])

    def use_changing(self) -> Statement:
        name, target = self.random.choice(CHANGING), self.random.choice(NUMBERS)
        return Statement(
            [
                f'if type({name}) == "number" then {target} = {target} + {name} '
                f"elseif {name} then {target} = {target} - 1 else {target} = -{target} end"
            ]
        )

    def call_closure(self) -> Statement:
        self.names += 1
        name, target = f"g{self.names}", self.random.choice(NUMBERS)
        value = self.number()
        return Statement(
            [
                f"local {name} = function(k) {target} = {target} + k return {value} end",
                f"n1 = {name}({self.atom()})",
            ]
        )

    def call_protected(self) -> Statement:
        return Statement(
            [f"do local fine, value = pcall({self.called()}, {self.atom()}, {self.changing_or_number()})"
             f" if fine then {self.random.choice(NUMBERS)} = value end end"]
        )  # fmt: skip

    def branch(self) -> Statement:
        self.depth += 1
        parts: list[str | Block] = [f"if {self.condition()} then", self.block(self.random.randint(1, 3))]
        if self.random.random() < 0.3:
            parts += [f"elseif {self.condition()} then", self.block(self.random.randint(1, 2))]
        if self.random.random() < 0.5:
            parts += ["else", self.block(self.random.randint(1, 2))]
        self.depth -= 1
        return Statement([*parts, "end"])

    def loop(self) -> Statement:
        affordable = [count for count in TRIP_COUNTS if count <= self.budget]
        trips = self.random.choice(affordable or [1])
        kept = self.budget
        self.budget //= max(trips, 1)
        self.depth += 1
        self.loops += 1
        make = self.random.choice([self.numeric_loop, self.numeric_loop, self.while_loop, self.array_loop])
        made = make(f"i{self.loops}", trips)
        self.depth -= 1
        self.budget = kept
        return made

    def numeric_loop(self, name: str, trips: int) -> Statement:
        start, step = self.random.choice(
            [
                ("1", "1"),
                ("1", "1"),
                ("1", "1"),
                ("0", "1"),
                ("-30", "1"),
                ("1", "2"),
                ("100", "-1"),
                ("0.5", "1"),
            ]
            + [("0", "0.25"), ("2147483600", "1"), ("-2147483600", "-3"), ("0", "-7"), ("1", "3")]
        )
        last = f"{start} + {step} * {trips - 1}"
        tail = "" if step == "1" else f", {step}"
        return Statement([f"for {name} = {start}, {last}{tail} do", self.body(name), "end"])

    def while_loop(self, name: str, trips: int) -> Statement:
        body = self.body(name, can_continue=False)
        body.statements.insert(0, Statement([f"{name} = {name} + 1"]))
        if self.random.random() < 0.5:
            return Statement([f"local {name} = 0", f"while {name} < {trips} do", body, "end"])
        return Statement([f"local {name} = 0", "repeat", body, f"until {name} >= {trips}"])

    def array_loop(self, name: str, trips: int) -> Statement:
        array = self.random.choice(ARRAYS)
        head = f"for {name}, w in ipairs({array}) do"
        stop = Statement([f"if {name} > {trips} then break end"])
        body = self.body(name)
        body.statements.insert(0, stop)
        return Statement([head, body, "end"])

    def body(self, name: str, can_continue: bool = True) -> Block:
        self.scope.append(name)
        block = self.block(self.random.randint(1, 5))
        kind = self.random.random()
        if kind < 0.15:
            block.statements.insert(
                self.random.randint(0, len(block.statements)),
                Statement([f"if {self.condition()} then break end"]),
            )
        elif kind < 0.3 and can_continue:
            # In a block of its own: a goto must not jump into the scope of a local.
            inner = Block(
                [Statement([f"if {self.condition()} then goto next_{name} end"]), *block.statements]
            )
            block = Block([Statement(["do", inner, "end"]), Statement([f"::next_{name}::"])])
        self.scope.pop()
        return block

    # -- expressions ---------------------------------------------------------

    def number(self, depth: int = 0) -> str:
        draw = self.random.random()
        if depth >= 3 or draw < 0.25:
            return self.atom()
        if draw < 0.65:
            operator = self.random.choice(("+", "+", "-", "-", "*", "*", "/", "%"))
            return f"({self.number(depth + 1)} {operator} {self.number(depth + 1)})"
        makers: list[Callable[[int], str]] = [
            lambda d: f"-{self.random.choice(NUMBERS)}",
            lambda d: f"floor({self.number(d)})",
            lambda d: f"ceil({self.number(d)})",
            lambda d: f"abs({self.number(d)})",
            lambda d: f"sqrt({self.number(d)})",
            lambda d: f"{self.random.choice(('max', 'min'))}({self.number(d)}, {self.number(d)})",
            lambda d: f"{self.random.choice(('band', 'bor', 'bxor'))}({self.integer()}, {self.integer()})",
            lambda d: f"{self.shift()}({self.integer()}, {self.small_number()} % 32)",
            lambda d: f"({self.random.choice(ARRAYS)}[{self.index()}] or {self.atom()})",
            lambda d: f"({self.random.choice(RECORDS)}.{self.random.choice(FIELDS)} or 0)",
            lambda d: f"#{self.random.choice(STRINGS)}",
            lambda d: f"({self.condition()} and {self.number(d)} or {self.atom()})",
            lambda d: f"{self.called()}({self.number(d)}, {self.atom()})",
            lambda d: f"{self.random.choice(ARRAYS)}[{self.index()}]",
            lambda d: f"({self.random.choice(NUMBERS)} % 1000) ^ 2",
            lambda d: f"(string.byte({self.random.choice(STRINGS)}, {self.small_number()}) or 0)",
        ]
        return self.random.choice(makers)(depth + 1)

    def shift(self) -> str:
        return self.random.choice(("lshift", "rshift", "arshift"))

    def called(self) -> str:
        """A function that exists by now: no recursion."""
        return self.random.choice(self.callable) if self.callable else "abs"

    def changing_or_number(self) -> str:
        return self.random.choice((*CHANGING, *NUMBERS))

    def atom(self) -> str:
        draw = self.random.random()
        if draw < 0.3 and self.scope:
            return self.random.choice(self.scope)
        if draw < 0.65:
            return self.random.choice(NUMBERS)
        constants = EDGE_CONSTANTS if self.random.random() < 0.3 else COMMON_CONSTANTS
        return f"({self.random.choice(constants)})"

    def small_number(self) -> str:
        if self.scope and self.random.random() < 0.4:
            return self.random.choice(self.scope)
        return f"({self.random.choice(COMMON_CONSTANTS)})"

    def integer(self) -> str:
        return f"tobit({self.random.choice((*NUMBERS, *self.scope))} % 4294967296)"

    def index(self) -> str:
        draw = self.random.random()
        if self.scope and draw < 0.5:
            offset = self.random.choice(("", "", " + 1", " - 1", " % 8 + 1", " * 0.5"))
            return self.random.choice(self.scope) + offset
        if draw < 0.9:
            return str(self.random.randint(0, 12))
        return f"floor(abs({self.random.choice(NUMBERS)} % 20) or 0)"

    def condition(self) -> str:
        draw = self.random.random()
        if self.scope and draw < 0.35:
            name = self.random.choice(self.scope)
            return self.random.choice(
                (
                    f"{name} % {self.random.randint(2, 9)} == {self.random.randint(0, 2)}",
                    f"{name} > {self.random.randint(0, 120)}",
                    f"{name} == {self.random.randint(0, 120)}",
                    f"{name} ~= {self.random.randint(0, 120)}",
                )
            )
        if draw < 0.75:
            operator = self.random.choice(("<", "<=", ">", ">=", "==", "~="))
            return f"{self.number(2)} {operator} {self.number(2)}"
        return self.random.choice(
            (
                f"not ({self.number(2)} < {self.number(2)})",
                f"{self.string()} == {self.string()}",
                f"{self.string()} < {self.string()}",
                f"{self.random.choice(ARRAYS)}[{self.index()}]",
                f"{self.random.choice(CHANGING)}",
                f"not {self.random.choice(CHANGING)}",
                f"{self.random.choice(CHANGING)} == {self.atom()}",
                f"(n1 > 0 and {self.random.choice(NUMBERS)} < 50 or n2 == n3)",
            )
        )

    def string(self) -> str:
        return self.random.choice(
            (
                self.random.choice(STRINGS),
                f'"{self.random.choice(("a", "b", "xy", "10", ""))}"',
                f"({self.random.choice(STRINGS)} .. {self.small_number()} % 10)",
                f"({self.random.choice(STRINGS)} .. {self.random.choice(STRINGS)})",
                f"string.sub({self.random.choice(STRINGS)}, {self.random.randint(-3, 3)})",
                f"string.char(97 + {self.small_number()} % 26)",
                f"tostring({self.small_number()} % 100)",
            )
        )
