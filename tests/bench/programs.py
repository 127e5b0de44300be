"""What `make bench` runs: sections of programs, each with the flags and the contestants it is about.

A new program is a Lua file beside this one, which takes the amount of work as its argument and prints a
result that depends on all of it, and a row here.  The amounts make luajit work for half a second or more.

    traced    numbers and arrays: what the trace compiler is best at
    interp    the same without it
    language  each part of the language and its library, interpreted
    alloc     allocation, traced; here memory counts too
    library   traces around what LuaJIT does not compile, or not well
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """A Lua file and its argument in a section; the work grows as n ** power, or as EXPONENTIAL ** n."""

    name: str
    amount: int
    power: float = 1.0
    exponential: float = 0.0

    def argument(self, divisor: float) -> str:
        if self.exponential:
            return str(self.amount - round(math.log(divisor, self.exponential)))
        return str(max(1, round(self.amount / divisor ** (1 / self.power))))


@dataclass(frozen=True, slots=True)
class Section:
    """Programs that are compared under the same flags."""

    name: str
    flags: tuple[str, ...]
    programs: tuple[Program, ...]
    #: Whether Lua 5.1 takes part, as a third column.
    lua: bool = False
    #: Whether peak memory is compared too.
    memory: bool = False


GOLDEN_RATIO = (1 + math.sqrt(5)) / 2

TRACED = (
    Program("sum", 1_500_000_000),
    Program("nested", 520, 3),
    Program("mandelbrot", 2300, 2),
    Program("sieve", 700),
    Program("fib", 41, exponential=GOLDEN_RATIO),
    Program("nbody", 7_000_000),
    Program("spectral", 5000, 2),
    Program("matmul", 1200, 3),
)
INTERPRETED = (
    Program("sum", 300_000_000),
    Program("nested", 350, 3),
    Program("mandelbrot", 900, 2),
    Program("sieve", 120),
    Program("fib", 38, exponential=GOLDEN_RATIO),
    Program("nbody", 1_000_000),
    Program("spectral", 1000, 2),
    Program("matmul", 520, 3),
)
LANGUAGE = (
    Program("calls", 4000),
    Program("tables", 600),
    Program("strings", 5000),
    Program("closures", 8000),
    Program("coroutines", 3500),
    Program("patterns", 1000),
    Program("garbage", 300),
    Program("methods", 4000),
    Program("errors", 800),
    Program("formats", 600_000),
)
ALLOCATING = (
    Program("binarytrees", 16, exponential=2.0),
    Program("shorttables", 10_000_000),
    Program("shortstrings", 2_000_000),
    Program("shortclosures", 6_000_000),
    Program("garbage", 400),
)
LIBRARY = (
    Program("closures", 8000),
    Program("coroutines", 3500),
    Program("patterns", 1000),
    Program("errors", 800),
    Program("formats", 1_000_000),
    Program("strings", 6000),
    Program("tables", 1000),
)

SECTIONS = (
    Section("traced", (), TRACED),
    Section("interp", ("-joff",), INTERPRETED),
    Section("language", ("-joff",), LANGUAGE, lua=True),
    Section("alloc", (), ALLOCATING, memory=True),
    Section("library", (), LIBRARY),
)
