"""What is printed of an error that nobody caught.

    message_of(runtime, error)      b"x.lua:1: oops\nstack traceback:\n..."

As luajit does it: strings and numbers with the stack, and so objects that can describe themselves
(`__tostring`); other objects by a standard sentence, and nil not at all.
"""

from __future__ import annotations

from ir.layout import Ptr
from ir.objects import GCtab
from jitvm.front.errors import LuaError
from jitvm.runtime.values import LuaObject

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

NO_STRING = b"(error object is not a string)"
HANDLER_FAILED = b"error in error handling"
NO_MEMORY = b"not enough memory"


def message_of(runtime: Runtime, error: LuaError) -> bytes | None:
    """The message, with the stack if there is one; None if nothing is to be printed."""
    value = error.value
    if value is None:
        return None
    text = _text(runtime, value)
    if text is None and isinstance(value, LuaObject):
        try:
            text = _described(runtime, value)
        except LuaError:
            return HANDLER_FAILED
    if text is None:
        return NO_STRING
    text = text.partition(b"\0")[0]  # As a C string is printed.
    if error.traceback and value != NO_MEMORY:
        text += b"\n" + error.traceback
    return text


def _text(runtime: Runtime, value: object) -> bytes | None:
    """A string, or a number as text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return runtime.tostring(runtime.values.from_python(value))
    return value if isinstance(value, bytes) else None


def _described(runtime: Runtime, value: LuaObject) -> bytes | None:
    """What `__tostring` says.  May raise LuaError."""
    if value.type not in ("table", "userdata"):
        return None
    metatable = Ptr(GCtab, value.address).metatable  # Userdata has it in the same place.
    if not metatable:
        return None
    describe = runtime.values.to_python(runtime.field(metatable, b"__tostring"))
    if describe is None:
        return None
    if not isinstance(describe, LuaObject):
        raise LuaError(HANDLER_FAILED)  # It cannot be called.
    results = runtime.call(describe, value)
    return _text(runtime, results[0]) if results else None
