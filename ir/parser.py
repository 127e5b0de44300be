"""Reads the text form of native functions (see `ir/printer.py`) back.

`parse_function(print_function(f))` prints the same again.  Numbers of instructions are names only: any that
are unique will do, and a use may come before the line that defines it (a loop's edge).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ir.ops import Op
from ir.record import dataclass, field
from ir.types import IRType
from ir.values import Block, Convention, Edge, Function, Ins, Operand

TYPES = {type_.name3.strip(): type_ for type_ in IRType}
HEADER = re.compile(r"function (\S+) (\w+) (\S+)(?:  ; (.*))?$")
BLOCK = re.compile(r"block(\d+)(?:\(([^)]*)\))?( cold)?$")
TOKEN = re.compile(r"->block\d+(?:\([^)]*\))?|\S+")


class ParseError(ValueError):
    """The text is not the IR's."""


def parse_functions(text: str) -> Iterator[Function]:
    """Every function of a text, which may hold blank lines and lines that start with `;`."""
    chunk: list[str] = []
    for line in text.splitlines():
        if line.startswith("function ") and chunk:
            yield _Parser(chunk).function()
            chunk = []
        if line.strip() and not line.startswith(";"):
            chunk.append(line.rstrip())
    if chunk:
        yield _Parser(chunk).function()


def parse_function(text: str) -> Function:
    """The only function of a text."""
    functions = list(parse_functions(text))
    if len(functions) != 1:
        raise ParseError(f"{len(functions)} functions, one expected")
    return functions[0]


@dataclass(slots=True)
class _Parser:
    lines: list[str]
    values: dict[str, Ins] = field(default_factory=dict)
    blocks: dict[int, Block] = field(default_factory=dict)
    constants: dict[str, Ins] = field(default_factory=dict)

    def function(self) -> Function:
        match = HEADER.match(self.lines[0])
        if not match:
            raise ParseError(f"no function header: {self.lines[0]}")
        name, convention, result, source = match.groups()
        function = Function(name, Convention(convention), None, source=source or "")
        if result != "none":
            function.result = TYPES[result]
        bodies: list[tuple[Block, str]] = []
        for line in self.lines[1:]:
            block = self._block(line)
            if block is not None:
                function.blocks.append(block)
                continue
            if not function.blocks:
                raise ParseError(f"instruction outside of a block: {line}")
            self._declare(function.blocks[-1], line)
            bodies.append((function.blocks[-1], line))
        for _, line in bodies:
            self._operands(line)
        return function

    def _block(self, line: str) -> Block | None:
        match = BLOCK.match(line)
        if match is None:
            return None
        index, params, cold = match.groups()
        block = self.blocks[int(index)] = Block(int(index), cold=bool(cold))
        for position, param in enumerate((params or "").split(", ") if params else []):
            ref, type_ = param.split()
            block.params.append(self._new(ref, Ins(Op.PARAM, TYPES[type_], (position,))))
        return block

    def _new(self, ref: str, ins: Ins) -> Ins:
        if ref in self.values:
            raise ParseError(f"{ref} is defined twice")
        ins.ref = int(ref)
        self.values[ref] = ins
        return ins

    def _declare(self, block: Block, line: str) -> None:
        words = line.split()
        if len(words) < 3 or words[1] not in TYPES or words[2] not in Op.__members__:
            raise ParseError(f"no instruction: {line}")
        block.body.append(self._new(words[0], Ins(Op[words[2]], TYPES[words[1]])))

    def _operands(self, line: str) -> None:
        words = TOKEN.findall(line)
        self.values[words[0]].args = tuple(self._operand(word) for word in words[3:])

    def _operand(self, word: str) -> Operand:
        if word.startswith("#"):
            return int(word[1:])
        if word.startswith("@"):
            return word[1:]
        if word.startswith("->block"):
            target, _, passed = word[len("->block") :].partition("(")
            args = [self._value(arg) for arg in passed.rstrip(")").split()]
            return Edge(self.blocks[int(target)], tuple(args))
        return self._value(word)

    def _value(self, word: str) -> Ins:
        if word in self.values:
            return self.values[word]
        if word not in self.constants:
            self.constants[word] = self._constant(word)
        return self.constants[word]

    def _constant(self, word: str) -> Ins:
        prefix, colon, digits = word.rpartition(":")
        if not colon and word[0] not in "+-":
            raise ParseError(f"{word} is not defined")
        type_ = TYPES[prefix] if colon else IRType.INT
        ref = -1 - len(self.constants)
        if type_ is IRType.NUM:
            return Ins(Op.KNUM, type_, (float.fromhex(digits),), ref=ref)
        op = Op.KPTR if type_ is IRType.P64 else Op.KINT64 if type_.size == 8 else Op.KINT
        return Ins(op, type_, (int(digits),), ref=ref)
