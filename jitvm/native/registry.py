"""Every function of the VM's own code that was declared, in declaration order.

`@native` functions are known by name, handlers by the bytecode they implement or, without one, by name.
`@inline` functions have no entry: they exist only inside their callers.
"""

from __future__ import annotations

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.

if TYPE_CHECKING:
    from jitvm.native.decorators import NativeFunction

NATIVES: dict[str, NativeFunction] = {}
HANDLERS: dict[int | str, NativeFunction] = {}


def symbols() -> dict[str, NativeFunction]:
    """Every function that gets code in the image, by symbol."""
    found = dict(NATIVES)
    for function in HANDLERS.values():
        assert function.name not in found or found[function.name] is function, function.name
        found[function.name] = function
    return found
