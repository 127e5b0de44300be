"""Comparing text with a pattern that says only what matters.

    ...                  on a line of its own: any number of lines; inside a line: any text
    {{name}}             any word; every {{name}} of one match is the same word; {{_}} is not bound
    r32.x, r64.x, xmm.x  a register by its role: x is the same register throughout (whatever the
                         width), different roles are different registers; also r8. and r16.

Everything else stands for itself, but that any run of blanks matches any other.  A pattern covers
the whole text, line by line, unless it starts or ends with `...`:

    mov  r32.x, [rdx+{{offset}}]         mov eax, [rdx+0x10]
    add  r32.x, r32.x                    add eax, eax
    ...                                  ret

The patterns of a file test are its comments: `directives(text, "check")` collects what stands after
`; check:`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LEGACY = ("ax", "cx", "dx", "bx", "sp", "bp", "si", "di")
_LOW_BYTES = ("al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil")
_NUMBERED = tuple(f"r{number}" for number in range(8, 16))
_REGISTERS = {
    "r8": (*_LOW_BYTES, *(f"{name}b" for name in _NUMBERED)),
    "r16": (*_LEGACY, *(f"{name}w" for name in _NUMBERED)),
    "r32": (*(f"e{name}" for name in _LEGACY), *(f"{name}d" for name in _NUMBERED)),
    "r64": (*(f"r{name}" for name in _LEGACY), *_NUMBERED),
    "xmm": tuple(f"xmm{number}" for number in range(16)),
}
_TOKEN = re.compile(
    r"\{\{(?P<name>\w+)\}\}|\b(?P<width>r8|r16|r32|r64|xmm)\.(?P<role>\w+)|(?P<any>\.\.\.)|(?P<blank>\s+)"
)
_SKIP = "..."


class MatchError(AssertionError):
    """The text is not what the pattern says."""


@dataclass(slots=True)
class Bindings:
    """What names and roles stand for so far; a role's register is (bank, number)."""

    names: dict[str, str] = field(default_factory=dict)
    roles: dict[str, tuple[str, int]] = field(default_factory=dict)


def directives(text: str, word: str) -> str:
    """The pattern written behind `; WORD:` comments of TEXT, one line each."""
    found = re.findall(rf"^\s*;\s*{re.escape(word)}:[ \t]?(.*)$", text, re.MULTILINE)
    return "\n".join(found)


def match(pattern: str, text: str) -> Bindings:
    """Raises MatchError unless PATTERN covers TEXT; says which lines stand for what otherwise."""
    wanted = [line.strip() for line in pattern.strip("\n").split("\n") if line.strip()]
    actual = [line.rstrip() for line in text.strip("\n").split("\n")]
    furthest = [0, 0]
    found = _match_lines(wanted, actual, (0, 0), Bindings(), furthest)
    if found is None:
        line, place = furthest
        expected = wanted[line] if line < len(wanted) else "end of text"
        raise MatchError(
            f"no match for pattern line {line + 1}: {expected}\n"
            f"at text line {place + 1} or later:\n"
            + "\n".join(actual[place : place + 3])
            + "\n\nwhole text:\n"
            + text
        )
    return found


def _match_lines(
    wanted: list[str], actual: list[str], at: tuple[int, int], bindings: Bindings, furthest: list[int]
) -> Bindings | None:
    line, place = at
    if line >= furthest[0]:
        furthest[:] = [line, place]
    if line == len(wanted):
        return bindings if place == len(actual) else None
    if wanted[line] == _SKIP:
        for later in range(place, len(actual) + 1):
            found = _match_lines(wanted, actual, (line + 1, later), bindings, furthest)
            if found is not None:
                return found
        return None
    if place == len(actual):
        return None
    grown = match_line(wanted[line], actual[place], bindings)
    return grown and _match_lines(wanted, actual, (line + 1, place + 1), grown, furthest)


def match_line(pattern: str, text: str, bindings: Bindings) -> Bindings | None:
    """The bindings that make PATTERN equal to TEXT, on top of BINDINGS; None if there are none."""
    expression, groups = _expression(pattern, bindings)
    found = re.fullmatch(expression, text.strip())
    if found is None:
        return None
    grown = Bindings(dict(bindings.names), dict(bindings.roles))
    for group, (kind, name) in groups.items():
        if kind == "name":
            grown.names[name] = found[group]
        elif not _bind_role(grown, name, kind, found[group]):
            return None
    return grown


def _bind_role(bindings: Bindings, role: str, width: str, register: str) -> bool:
    bank = "xmm" if width == "xmm" else "gpr"
    physical = (bank, _REGISTERS[width].index(register))
    if role in bindings.roles:
        return bindings.roles[role] == physical
    if physical in bindings.roles.values():
        return False
    bindings.roles[role] = physical
    return True


def _expression(pattern: str, bindings: Bindings) -> tuple[str, dict[str, tuple[str, str]]]:
    """A regular expression for one line, and what its groups bind: a name, or a role of some width."""
    parts: list[str] = []
    groups: dict[str, tuple[str, str]] = {}
    done = 0
    for token in _TOKEN.finditer(pattern):
        parts.append(re.escape(pattern[done : token.start()]))
        parts.append(_token_expression(token, bindings, groups))
        done = token.end()
    parts.append(re.escape(pattern[done:]))
    return "".join(parts), groups


def _token_expression(token: re.Match[str], bindings: Bindings, groups: dict[str, tuple[str, str]]) -> str:
    group = f"g{len(groups)}"
    match token.lastgroup:
        case "any":
            return ".*?"
        case "blank":
            return r"\s+"
        case "name":
            name = token["name"]
            if name == "_":
                return r"\S+?"
            if name in bindings.names:
                return re.escape(bindings.names[name])
            for earlier, bound in groups.items():
                if bound == ("name", name):
                    return f"(?P={earlier})"
            groups[group] = ("name", name)
            return rf"(?P<{group}>[^\s,\[\]()]+?)"
        case "role":
            groups[group] = (token["width"], token["role"])
            return rf"(?P<{group}>{'|'.join(sorted(_REGISTERS[token['width']], key=len, reverse=True))})"
    raise AssertionError(token)
