"""Listings without what differs from run to run.

Addresses are renamed by first appearance, so that two listings agree exactly when the same objects
stand in the same places:

    {0x7f2b61c08a38}      table constant          {tab#1}
    [0x7f2b61c0a1b0]      address constant        [addr#1]
    userdata:0x7f..       userdata constant       userdata#1
    C:7f2b61c0            unnamed C function      C#1
    table: 0x7f..         what a script prints    table: #1

The slot of a string key (`HREFK 0003 "print" @12`) depends on luajit's string hash, whose seed is
random: it becomes `@?`.  Machine addresses are not normalised: listings of machine code are not stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

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
                return "pc"
            case "printed":
                return f"{text.split(':')[0]}: #{number}"
        raise AssertionError(kind)


def listing(text: str) -> str:
    """TEXT with its addresses named by first appearance and hash slots hidden."""
    return _SLOT.sub(r"\1?", _ADDRESS.sub(_Names().replace, text))
