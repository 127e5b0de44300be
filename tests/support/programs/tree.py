"""A program as a tree: statements with blocks between their lines, so that a shrinker can take parts away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


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
    """A whole program: events of its metatable, functions and a main block, between prelude and epilogue."""

    seed: int
    helpers: str
    prelude: str
    events: Block
    functions: Block
    main: Block
    epilogue: str

    def text(self) -> str:
        return f"{self.helpers}{self.body()}"

    def body(self) -> str:
        """The program where its helpers are there already."""
        blocks = (self.events, self.functions, self.main)
        own = "".join(f"{line}\n" for block in blocks for line in block.lines(""))
        return f"-- seed {self.seed}\n{self.prelude}{own}{self.epilogue}"

    def roots(self) -> list[Block]:
        """Where a shrinker starts, most promising first."""
        return [self.main, self.functions, self.events]
