"""Listings without what differs from run to run.

Addresses are renamed by first appearance, so that two listings agree exactly when the same objects
stand in the same places:

    {0x7f2b61c08a38}      table constant          {tab#1}
    [0x7f2b61c0a1b0]      address constant        [addr#1]
    userdata:0x7f..       userdata constant       userdata#1
    C:7f2b61c0            unnamed C function      C#1
    table: 0x7f..         what a script prints    table: #1

Listings of our own machine code are made independent of where code and objects lie by `machine_code`.

The slot of a string key (`HREFK 0003 "print" @12`) depends on luajit's string hash, whose seed is
random: it becomes `@?`.  Machine addresses are not normalised: listings of machine code are not stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ir.objects import VM

_ADDRESS = re.compile(
    r"(?P<table>\{0x[0-9a-f]+\})"
    r"|(?P<address>\[0x[0-9a-f]+\])"
    r"|(?P<userdata>userdata:0x[0-9a-f]+)"
    r"|(?P<continuation>\btrace: 0x[0-9a-f]+)"
    r"|(?P<link>[+-]0x[0-9a-f.]+p-10\d\d)"
    r"|(?P<cfunction>\bC:[0-9a-f]{6,})"
    r"|(?P<printed>\b(?:table|function|userdata|thread|cdata|proto)(?:: builtin| ?:)? ?: ?0x[0-9a-f]+)"
)
_SLOT = re.compile(r"(HREFK .*@)\d+")


@dataclass(slots=True)
class _Names:
    """Addresses seen so far, numbered per kind."""

    known: dict[tuple[str, str], int] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)

    def number(self, kind: str, address: str) -> int:
        key = (kind, address)
        if key not in self.known:
            self.count[kind] = self.count.get(kind, 0) + 1
            self.known[key] = self.count[kind]
        return self.known[key]

    def replace(self, found: re.Match[str]) -> str:
        text = found.group()
        kind = str(found.lastgroup)
        number = self.number(kind, text)
        match kind:
            case "table":
                return f"{{tab#{number}}}"
            case "address":
                return f"[addr#{number}]"
            case "userdata":
                return f"userdata#{number}"
            case "cfunction":
                return f"C#{number}"
            case "continuation":
                return "cont"
            case "link":
                return "link"
            case "printed":
                return f"{text.split(':')[0]}: #{number}"
        raise AssertionError(kind)


def listing(text: str) -> str:
    """TEXT with its addresses named by first appearance and hash slots hidden."""
    return _SLOT.sub(r"\1?", _ADDRESS.sub(_Names().replace, text))


_CODE = re.compile(r"^(?P<where>[0-9a-f]{8,16})  (?P<text>.*)$", re.MULTILINE)
_TARGET = re.compile(r"0x[0-9a-f]+\t(->.*)$")
_HERE = re.compile(r"^(j\w+) 0x([0-9a-f]+)$")
_FIELD = re.compile(r"\[r14\+0x([0-9a-f]+)\]")
#: What lies in the heap, as an immediate: plain, and with a tag.
_OBJECT = re.compile(r"\b0x(?:[4-6][0-9a-f]{7}|[0-9a-f]{10,12}|fff[0-9a-f]{13})\b")


def machine_code(text: str) -> str:
    """TEXT with offsets from the start of each trace for addresses of code, and names for fields of the VM.

        555500014f0b  mov rdi, [r14+0x18]       0000b  mov rdi, [r14+gc_total]
        555500014f1e  jnb 0x5555000150a0 ->0    0001e  jnb ->0
    """
    lines: list[str] = []
    start = 0
    names = _Names()
    for line in text.split("\n"):
        if re.match(r"---- TRACE \d+ mcode", line):
            start = 0
        found = _CODE.match(line)
        if found is None:
            lines.append(line)
        else:
            start = start or int(found["where"], 16)
            lines.append(_code_line(int(found["where"], 16), found["text"], start, names))
    return "\n".join(lines)


def _code_line(where: int, text: str, start: int, names: _Names) -> str:
    text = _TARGET.sub(r"\1", text)
    text = _HERE.sub(lambda jump: f"{jump[1]} {int(jump[2], 16) - start:05x}", text)
    text = _FIELD.sub(lambda field: f"[r14+{vm_field(int(field[1], 16))}]", text)
    text = _OBJECT.sub(lambda value: f"obj#{names.number('object', value[0])}", text)
    return f"{where - start:05x}  {text}"


def vm_field(offset: int) -> str:
    """The field of the VM struct at an offset."""
    fields = sorted((at, name) for name, (at, _) in VM.layout().items() if at <= offset)
    at, name = fields[-1]
    return name if at == offset else f"{name}+{offset - at:#x}"
