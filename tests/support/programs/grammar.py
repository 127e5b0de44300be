"""Drawing from tables of templates: what the generator of random programs is made of.

A table is text, one row per template: a weight, conditions that must hold where it stands, and Lua:

    3: <N> = <number>
    2 loop: if <condition> then break end
    1: for i# = 1, <trips> do
      <loop i#>
    end

`<number>` draws from the table of that name; `x#` is a name of its own for each use of the row.
A line that is nothing but a placeholder for a block becomes a Block:

    <block NAMES>       statements; NAMES are numbers in scope there
    <loop NAMES>        the body of a loop: `break` is allowed
    <next LABEL NAMES>  the body of a loop that ends with ::LABEL::
    <body NAMES>        the body of a function; <variadic NAMES>: one with `...`; <coroutine NAMES>: of a
                        coroutine

`<trips>` is a number of iterations; it divides the budget for what stands inside, so that a program
runs for milliseconds.  `<new x#>` makes a local that the rest of the block may use.  `<f>` is a
function that exists by now: programs do not recurse but where a row says so.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.programs.tree import Block, Statement

MAX_DEPTH = 4
MAX_NESTING = 3
ITERATIONS = 1_500
TRIP_COUNTS = (0, 1, 2, 3, 10, 55, 56, 57, 58, 60, 75, 120, 200)

_ROW = re.compile(r"(\d+)((?: \w+)*): (.*)")
_PLACEHOLDER = re.compile(r"<(\w+)(?: ([^<>]*))?>")
_BLOCK = re.compile(r"\s*<(block|loop|next|body|variadic|coroutine)(?: ([^<>]*))?>")
_SERIAL = re.compile(r"(?<=[a-z])#")


@dataclass(frozen=True, slots=True)
class Row:
    """A template: lines of Lua with placeholders, how often it is drawn, and where it may stand."""

    weight: int
    needs: frozenset[str]
    lines: tuple[str, ...]

    @property
    def functions(self) -> bool:
        """Whether it has functions of its own: `...` of the function around it is out of reach there."""
        return any("function" in line for line in self.lines)


def rows(text: str) -> tuple[Row, ...]:
    """The rows that TEXT describes; what does not begin with a weight goes on with the row above."""
    found: list[Row] = []
    for line in text.strip().splitlines():
        head = _ROW.fullmatch(line)
        if head:
            found.append(Row(int(head[1]), frozenset(head[2].split()), (head[3],)))
        else:
            last = found.pop()
            found.append(Row(last.weight, last.needs, (*last.lines, line)))
    return tuple(found)


@dataclass(slots=True)
class Place:
    """What is true where the next statement goes."""

    #: Conditions of rows: `rich` (calls and objects may be used), `loop`, `variadic`, `yields`, `label`.
    holds: frozenset[str] = frozenset({"rich"})
    #: Numbers that may be read; of these, locals that may be written.
    scope: list[str] = field(default_factory=list)
    local: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    budget: int = ITERATIONS
    depth: int = 0

    def inner(self) -> Place:
        return Place(self.holds, [*self.scope], [*self.local], [*self.labels], self.budget, self.depth + 1)

    def function(self, *gains: str) -> Place:
        """A function that begins here: loops and labels around it are out of reach."""
        place = self.inner()
        place.holds = (self.holds & {"rich"}) | {"function", *gains}
        place.labels = []
        return place


class Draw:
    """Draws statements and expressions from tables; the same seed draws the same."""

    def __init__(self, seed: int, tables: Mapping[str, Sequence[Row]], leaves: Mapping[str, str]) -> None:
        self.random = random.Random(seed)
        self.tables = tables
        #: What a table is replaced by where expressions are deep enough.
        self.leaves = leaves
        self.place = Place()
        self.callable: list[str] = []
        self._nesting = 0
        self._serial = 0
        #: Locals that the statement at hand makes: in scope behind it.
        self._made: list[str] = []
        self._special: dict[str, Callable[[str], str]] = {
            "trips": self._trips,
            "new": self._new,
            "int": self._int,
            "pick": lambda choices: self.random.choice(choices.split("|")),
            "f": lambda _: self.random.choice(self.callable or ["abs"]),
            "label": lambda _: self.random.choice(self.place.labels),
            "scope": lambda _: self.random.choice(self.place.scope or ["n1"]),
            "N": lambda _: self.random.choice(["n1", "n2", "n3", "n4", *self.place.local]),
        }

    # -- statements ----------------------------------------------------------

    def block(self, size: int) -> Block:
        return Block([self.statement() for _ in range(size)])

    def statement(self) -> Statement:
        compound = self.place.depth < MAX_DEPTH and self.random.random() < 0.35
        return self.build(self.row("compound" if compound else "simple"))

    def row(self, table: str) -> Row:
        holds = self.place.holds
        allowed = [row for row in self.tables[table] if row.needs <= holds]
        return self.random.choices(allowed, [row.weight for row in allowed])[0]

    def build(self, row: Row) -> Statement:
        """A statement from the template of ROW."""
        outside, budget, made = self.place, self.place.budget, self._made
        self._made = []
        holds = self._enter(row)
        serial = self._next_serial()
        parts: list[str | Block] = []
        for line in row.lines:
            line = _SERIAL.sub(serial, line)
            block = _BLOCK.fullmatch(line)
            if block:
                parts.append(self._inside(block[1], (block[2] or "").split()))
            else:
                parts.append(self.fill(line))
        assert self.place is outside, row
        outside.budget, outside.holds = budget, holds
        outside.scope += self._made
        outside.local += self._made
        self._made = made
        return Statement(parts)

    def _inside(self, kind: str, names: list[str]) -> Block:
        outside = self.place
        if kind in ("body", "variadic", "coroutine"):
            gains = {"variadic": ("variadic",), "coroutine": ("yields",)}.get(kind, ())
            self.place = outside.function(*gains)
        else:
            self.place = outside.inner()
            if kind in ("loop", "next"):
                self.place.holds |= {"loop"}
        label = names.pop(0) if kind == "next" else None
        if label:
            self.place.labels.append(label)
            self.place.holds |= {"label"}
        self.place.scope += names
        block = self.block(self.random.randint(1, 3))
        self.place = outside
        if label:
            # In a block of its own: a goto must not jump into the scope of a local.
            return Block([Statement(["do", block, "end"]), Statement([f"::{label}::"])])
        return block

    # -- expressions ---------------------------------------------------------

    def fill(self, template: str) -> str:
        """TEMPLATE with its placeholders drawn, from left to right."""
        return _PLACEHOLDER.sub(lambda found: self._draw(found[1], found[2] or ""), template)

    def _draw(self, name: str, argument: str) -> str:
        special = self._special.get(name)
        if special:
            return special(argument)
        if self._nesting >= MAX_NESTING:
            name = self.leaves.get(name, name)
        row = self.row(name)
        kept = self._enter(row)
        self._nesting += 1
        serial = self._next_serial()
        text = "\n".join(self.fill(_SERIAL.sub(serial, line)) for line in row.lines)
        self._nesting -= 1
        self.place.holds = kept
        return text

    def _enter(self, row: Row) -> frozenset[str]:
        """Takes away what does not hold within ROW, and returns what held before."""
        kept = self.place.holds
        if row.functions:
            self.place.holds -= {"variadic"}
        return kept

    def _next_serial(self) -> str:
        self._serial += 1
        return str(self._serial)

    def _trips(self, _: str) -> str:
        affordable = [count for count in TRIP_COUNTS if count <= self.place.budget]
        trips = self.random.choice(affordable or [1])
        self.place.budget //= max(trips, 1)
        return str(trips)

    def _new(self, name: str) -> str:
        self._made.append(name)
        return name

    def _int(self, bounds: str) -> str:
        low, high = bounds.split()
        return str(self.random.randint(int(low), int(high)))
