"""Numbers of errors, as native code names them; `errors.py` makes messages of them.

A handler jumps to `vm_error` with an Err and a detail.  A library function sets `g.errcode` to a Bad (and
`g.errarg` to the argument's number) and returns -1; 0 there means that `g.errval` is the error already.
"""

from __future__ import annotations

from ir.enums import IntEnum


class Err(IntEnum):
    """Errors of bytecodes.  The comment is the detail."""

    ARITH = 1  # address of the operand
    CONCAT = 2  # address of the operand
    LEN = 3  # address of the operand
    INDEX = 4  # address of the object
    CALL = 5  # address of the called value, in the running Lua function
    CALL_VALUE = 6  # the same, called from no Lua function
    COMPARE = 7  # slots: left << 32 | right
    FOR_INIT = 8
    FOR_LIMIT = 9
    FOR_STEP = 10
    TABLE_KEY = 11  # KEY_NIL, KEY_NAN or TABLE_OVERFLOW of the table functions
    STACK = 12  # result of stack_grow
    CDATA = 13  # a constant that only the FFI knows
    BADTYPE = 14  # ISTYPE and ISNUM: generated code got a wrong type; slot
    BUILTIN = 15  # a library function failed; g.errcode
    INDEX_LOOP = 16  # a chain of __index that does not end
    NEWINDEX_LOOP = 17
    TEXT_LENGTH = 18  # of a concatenation


class Bad(IntEnum):
    """Why a library function failed.  Up to LAST_ARG it is about argument `g.errarg`."""

    NUMBER = 1
    STRING = 2
    TABLE = 3
    FUNCTION = 4
    VALUE = 5
    NIL_OR_TABLE = 6
    INT_RANGE = 7
    INDEX_RANGE = 8
    INTERVAL = 9
    INVALID_VALUE = 10
    BASE_RANGE = 11
    INVALID_OPTION = 12
    BOOLEAN = 13
    THREAD = 14
    INVALID_LEVEL = 15
    FUNCTION_OR_LEVEL = 16
    INVALID_FORMAT = 17
    REPLACEMENT_TYPE = 18
    FILE = 19
    BUFFER = 20
    BUFFER_ITEM = 21
    BUFFER_SELF = 22
    OPTION_NAME = 97
    LAST_ARG = 99
    STRING_OVERFLOW = 100
    NEXT_KEY = 101
    UNPACK = 102
    TABLE_OVERFLOW = 103
    TABLE_NIL = 104
    TABLE_NAN = 105
    STACK_OVERFLOW = 106
    INSERT_ARGS = 107
    ASSERTION = 108
    PROTECTED = 109
    SORT_ORDER = 110
    SLICE = 111
    YIELD = 114
    CO_DEAD = 115
    CO_RUNNING = 116
    C_STACK = 113  # Natives and Lua functions call each other too deep.
    PATTERN_FRONTIER = 120
    PATTERN_CAPTURE = 121
    PATTERN_ESCAPE = 122
    PATTERN_SET = 123
    PATTERN_BALANCE = 124
    PATTERN_COMPLEX = 125
    CAPTURE_INDEX = 126
    CAPTURES = 127
    CAPTURE_OPEN = 128
    BUFFER_OPTIONS = 133
    CLOSED_FILE = 140
    STD_CLOSED = 141
    PRINT = 142
    MEMORY = 143
    REPLACEMENT = 129  # Its value is in g.tmptv.
    INDEX_LOOP = 132
    COMPARE = 131  # The values are in g.tmptv and g.tmptv2.
    CONCAT_VALUE = 112  # g.errarg: index of the element; its value is in g.tmptv


#: What a library function returns to be replaced by the one it left in base[-2], with what is below L.top.
TAIL_CALL = -2
ERR_ARITH, ERR_CONCAT, ERR_LEN = int(Err.ARITH), int(Err.CONCAT), int(Err.LEN)
ERR_INDEX, ERR_CALL, ERR_CALL_VALUE = int(Err.INDEX), int(Err.CALL), int(Err.CALL_VALUE)
ERR_COMPARE, ERR_TABLE_KEY, ERR_STACK = int(Err.COMPARE), int(Err.TABLE_KEY), int(Err.STACK)
ERR_FOR_INIT, ERR_FOR_LIMIT, ERR_FOR_STEP = int(Err.FOR_INIT), int(Err.FOR_LIMIT), int(Err.FOR_STEP)
ERR_CDATA, ERR_BADTYPE, ERR_BUILTIN = int(Err.CDATA), int(Err.BADTYPE), int(Err.BUILTIN)
ERR_INDEX_LOOP, ERR_NEWINDEX_LOOP = int(Err.INDEX_LOOP), int(Err.NEWINDEX_LOOP)
ERR_TEXT_LENGTH = int(Err.TEXT_LENGTH)
BAD_THREAD, BAD_YIELD, BAD_STACK_OVERFLOW = int(Bad.THREAD), int(Bad.YIELD), int(Bad.STACK_OVERFLOW)
BAD_CO_DEAD, BAD_CO_RUNNING = int(Bad.CO_DEAD), int(Bad.CO_RUNNING)
BAD_NUMBER, BAD_STRING = int(Bad.NUMBER), int(Bad.STRING)
BAD_TABLE, BAD_FUNCTION = int(Bad.TABLE), int(Bad.FUNCTION)
BAD_VALUE, BAD_INTERVAL = int(Bad.VALUE), int(Bad.INTERVAL)
