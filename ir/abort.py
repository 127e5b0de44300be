"""Giving up on a trace: the exception and THE table of its reasons.

Numbers and texts are LuaJIT's (`vmdef.traceerr`), because listings print them.  A text with `%s` or `%d`
takes the one argument of the `Abort`:

    raise Abort(TraceError.NYIBC, 71)

An `Abort` is neither a bug (those are asserts) nor an error of the Lua program.
"""

from __future__ import annotations

from ir.enums import IntEnum


class TraceError(IntEnum):
    """NAME = message text."""

    text: str

    def __new__(cls, text: str) -> TraceError:
        number = len(cls.__members__)
        self = int.__new__(cls, number)
        self._value_ = number
        self.text = text
        return self

    # Recording.
    RECERR = "error thrown or hook called during recording"
    TRACEUV = "trace too short"
    TRACEOV = "trace too long"
    STACKOV = "trace too deep"
    SNAPOV = "too many snapshots"
    BLACKL = "blacklisted"
    RETRY = "retry recording"
    NYIBC = "NYI: bytecode %d"
    # Recording loop ops.
    LLEAVE = "leaving loop in root trace"
    LINNER = "inner loop in root trace"
    LUNROLL = "loop unroll limit reached"
    # Recording calls and returns.
    BADTYPE = "bad argument type"
    CJITOFF = "JIT compilation disabled for function"
    CUNROLL = "call unroll limit reached"
    DOWNREC = "down-recursion, restarting"
    NYIFFU = "NYI: unsupported variant of FastFunc %s"
    NYIRETL = "NYI: return to lower frame"
    # Recording indexed loads and stores.
    STORENN = "store with nil or NaN key"
    NOMM = "missing metamethod"
    IDXLOOP = "looping index lookup"
    NYITMIX = "NYI: mixed sparse/dense table"
    # Recording C data operations.
    NOCACHE = "symbol not in cache"
    NYICONV = "NYI: unsupported C type conversion"
    NYICALL = "NYI: unsupported C function type"
    # Optimisations.
    GFAIL = "guard would always fail"
    PHIOV = "too many PHIs"
    TYPEINS = "persistent type instability"
    # Assembler.
    MCODEAL = "failed to allocate mcode memory"
    MCODEOV = "machine code too long"
    MCODELM = "hit mcode limit (retrying)"
    SPILLOV = "too many spill slots"
    BADRA = "inconsistent register allocation"
    NYIIR = "NYI: cannot assemble IR instruction %d"
    NYIPHI = "NYI: PHI shuffling too complex"
    NYICOAL = "NYI: register coalescing too complex"


assert [len(TraceError), int(TraceError.GFAIL), int(TraceError.NYICOAL)] == [35, 24, 34]


class Abort(Exception):
    """This trace is not worth finishing.  `argument` fills the placeholder of the text, if it has one."""

    def __init__(self, error: TraceError, argument: int | str | None = None) -> None:
        super().__init__(error, argument)
        self.error, self.argument = error, argument

    def __str__(self) -> str:
        return self.error.text if self.argument is None else self.error.text % self.argument
