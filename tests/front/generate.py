"""Random programs for comparisons with luajit: grammatical, meaningless, dense in what compilers get wrong.

Same seed, same programs.  About half of them are rejected, for labels that are not there: messages are
compared too.
"""

from __future__ import annotations

import random

NAMES = "a b c d e f g pairs next t self".split()
NUMBERS = ("0 1 2 3 255 256 257 -1 32767 32768 -32768 -32769 65536 "
           "1.5 0.5 1e300 1e308*10 -0 0x10 1LL 2ULL 3i 1e-5").split()
TOKENS = [word.encode() for word in (
    "and break do else elseif end false for function goto if in local nil not or repeat return then true "
    "until while .. ... == >= <= ~= :: = ( ) { } [ ] ; , : . + - * / % ^ # < > ~ ! "
    "x 1 2.5 1LL 3i \"s\" [[x]] --[[ -- [= a.b a:b() 'a\\ \"\\q\" ::x::").split()]
TOKENS += [b"\n", b"\r\n", b"\0", b"\x80", b"goto x"]


class Generator:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def program(self) -> bytes:
        return self.block(self.random.randint(2, 6), False).encode()

    def soup(self) -> bytes:
        """Tokens in any order."""
        return b" ".join(self.random.choice(TOKENS) for _ in range(self.random.randint(1, 12)))

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def name(self) -> str:
        return self.random.choice(NAMES)

    def several(self, depth: int, *counts: int) -> str:
        return ", ".join(self.expression(depth) for _ in range(self.random.choice(counts)))

    def atom(self) -> str:
        number = self.random.choice(NUMBERS)
        return self.pick(number, "nil", "true", "false", self.name(), self.name(), '"s"', "...", "{}")

    def expression(self, depth: int) -> str:
        if depth <= 0:
            return self.atom()
        deeper = depth - 1
        match self.random.randrange(12):
            case 0 | 1:
                return f"{self.expression(deeper)} {self.pick(*'+-*/%^')} {self.expression(deeper)}"
            case 2:
                operator = self.pick("<", ">", "<=", ">=", "==", "~=")
                return f"{self.expression(deeper)} {operator} {self.expression(deeper)}"
            case 3 | 4:
                return f"{self.expression(deeper)} {self.pick('and', 'or')} {self.expression(deeper)}"
            case 5:
                return f"{self.expression(deeper)} .. {self.expression(deeper)}"
            case 6:
                return self.pick("- ", "not ", "#", "not not ") + self.expression(deeper)
            case 7:
                return f"({self.expression(deeper)})"
            case 8 | 9:
                return self.suffixed(deeper)
            case 10:
                return self.table(deeper)
            case _:
                parameters = self.pick("", "...", "a", "a, b", "a, ...")
                return f"function({parameters}) {self.block(depth - 2, False)} end"

    def table(self, depth: int) -> str:
        fields = []
        for _ in range(self.random.choice((0, 1, 2, 3, 6))):
            key = self.pick("", "", self.name() + " = ", f"[{self.expression(depth)}] = ")
            fields.append(key + self.expression(depth))
        return "{" + self.pick(", ", "; ").join(fields) + "}"

    def suffixed(self, depth: int) -> str:
        text = self.pick(self.name(), self.name(), f"({self.expression(depth)})")
        for _ in range(self.random.randint(0, 3)):
            arguments = f"({self.several(depth, 0, 1, 2)})"
            text += self.pick("." + self.name(), f"[{self.expression(depth)}]", arguments,
                              f":{self.name()}{arguments}", ' "s"', self.table(depth))
        return text

    def target(self, depth: int) -> str:
        name = self.name()
        return self.pick(name, f"{name}.{self.name()}", f"{name}[{self.expression(depth)}]")

    def block(self, depth: int, in_loop: bool) -> str:
        count = self.random.randint(1, 4) if depth > 0 else self.random.randint(0, 1)
        lines = [self.statement(depth - 1, in_loop) for _ in range(count)]
        if self.random.random() < 0.25:
            lines.append("return " + self.several(depth - 1, 0, 1, 1, 2))
        elif in_loop and self.random.random() < 0.3:
            lines.append("break")
        return "\n".join(lines)

    def statement(self, depth: int, in_loop: bool) -> str:
        kind = self.random.randrange(14) if depth > 0 else 0
        match kind:
            case 0 | 1:
                names = self.pick("a", "b", "c, d", "a, b, c")
                return f"local {names}" + self.pick("", f" = {self.several(depth, 1, 2)}")
            case 2 | 3:
                targets = ", ".join(self.target(depth) for _ in range(self.random.choice((1, 1, 2, 3))))
                return f"{targets} = {self.several(depth, 1, 1, 2, 3)}"
            case 4:
                return f"{self.name()}{self.pick('', '.x', ':m')}({self.several(depth, 0, 1, 2)})"
            case 5:
                return self.branches(depth, in_loop)
            case 6 | 7 | 8:
                return self.loop(depth)
            case 9:
                return f"do {self.block(depth - 1, in_loop)} end"
            case 10:
                head = self.pick("local function f", "function f", "function a.b", "function a.b:c")
                return f"{head}({self.pick('', 'a', '...', 'a, b')}) {self.block(depth - 1, False)} end"
            case 11:
                return f"if {self.atom()} then goto {self.pick('l', 'm')} end"
            case 12:
                return "goto " + self.pick("l", "m")
            case _:
                return self.pick("::l::", "::m::")

    def branches(self, depth: int, in_loop: bool) -> str:
        first, second, last = (self.block(depth - 1, in_loop) for _ in range(3))
        middle = self.pick("", f"elseif {self.expression(depth)} then {second}")
        return f"if {self.expression(depth)} then {first} {middle} {self.pick('', 'else ' + last)} end"

    def loop(self, depth: int) -> str:
        body = self.block(depth - 1, True)
        limits = self.several(depth - 1, 2, 3)
        iterator = self.pick("pairs(t)", "next, t", "ipairs(t)", self.expression(depth - 1))
        return self.pick(
            f"while {self.expression(depth)} do {body} end",
            f"repeat {body} until {self.expression(depth)}",
            f"for {self.name()} = {limits} do {body} end",
            f"for {self.pick('a', 'k, v', 'a, b, c')} in {iterator} do {body} end",
        )
