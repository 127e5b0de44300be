"""Numbers of the upcalls: what native code may ask Python to do.

    status = g.upcall(UPCALL_HOTLOOP, addr(L), addr(pc), 0)

There is one entry into Python, `VM.upcall`, with a number and three arguments; the Runtime registers one
Python function per number (`runtime.UPCALLS`).  A negative result means that a Lua error is on its way:
its value is in `g.errval`, and native code unwinds.  No exception of Python ever crosses native frames.

Before any upcall the thread's `base` and `top` are stored, because Python looks at the stack.
"""

from __future__ import annotations

from ir.enums import IntEnum


class Upcall(IntEnum):
    """NAME: arguments, all u64."""

    ERROR = 0  # thread, code (see `errors.Err`), detail: make the message of an error, leave it in g.errval
    RAISED = 1  # thread: an error whose value is in g.errval is about to unwind the stack
    BUILTIN = 2  # header address, thread, argument count: run a library function written in Python
    HOTLOOP = 3  # thread, pc of the loop bytecode
    HOTCALL = 4  # thread, pc of the function header
    RECORD = 5  # thread, pc of the bytecode about to run
    HOTEXIT = 6  # trace number, snapshot number, pc
    INTERRUPT = 7  # thread, pc: the program is to stop
    WHERE = 8  # thread, level: the position of a caller, as text in g.errval
    STRING_TO_NUMBER = 9  # address of the string slot, and of the slot for the number; result 1 if it is one
    ARITH = 10  # thread, pc, address of the destination: arithmetic on strings
    STITCH = 11  # thread, pc, trace number
    OUT_OF_MEMORY = 12  # bytes wanted: ends the process, native code cannot go on; 0: a limit is reached
    FORMAT = 13  # formatting call of `ir.calls`, directive, value: address of the string it puts
    SERIALIZE = 14  # serialising call of `ir.calls`, buffer or string, slot: what it returns, 0 for an error
    IO_FAILED = 20  # thread: the C library failed, errno says why: nil, message and number as results
    IO_CLOSE = 21  # thread, file: an iterator of lines is done with it; 0: g.errval is the error to raise
    HOOK = 22  # thread, pc of the bytecode about to run: tell the hook
    HANDLER_FAILED = 24  # the error in g.errval is one of a message handler; nil: it had no stack
    EXIT = 23  # trace number, snapshot number: an exit has been taken, and somebody wants to know
    MISSING_BARRIER = 30  # address of an object: the collector's check of its own invariant has failed


UPCALL_ERROR = int(Upcall.ERROR)
UPCALL_RAISED = int(Upcall.RAISED)
UPCALL_BUILTIN = int(Upcall.BUILTIN)
UPCALL_HOTLOOP = int(Upcall.HOTLOOP)
UPCALL_HOTCALL = int(Upcall.HOTCALL)
UPCALL_RECORD = int(Upcall.RECORD)
UPCALL_HOTEXIT = int(Upcall.HOTEXIT)
UPCALL_INTERRUPT = int(Upcall.INTERRUPT)
UPCALL_WHERE = int(Upcall.WHERE)
UPCALL_HANDLER_FAILED = int(Upcall.HANDLER_FAILED)
UPCALL_STRING_TO_NUMBER = int(Upcall.STRING_TO_NUMBER)
UPCALL_ARITH = int(Upcall.ARITH)
UPCALL_STITCH = int(Upcall.STITCH)
UPCALL_OUT_OF_MEMORY = int(Upcall.OUT_OF_MEMORY)
UPCALL_FORMAT = int(Upcall.FORMAT)
UPCALL_SERIALIZE = int(Upcall.SERIALIZE)
UPCALL_IO_FAILED = int(Upcall.IO_FAILED)
UPCALL_IO_CLOSE = int(Upcall.IO_CLOSE)
UPCALL_HOOK = int(Upcall.HOOK)
UPCALL_EXIT = int(Upcall.EXIT)
UPCALL_MISSING_BARRIER = int(Upcall.MISSING_BARRIER)
