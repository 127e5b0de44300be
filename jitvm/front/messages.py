"""Every message of the lexer and the parser, as luajit words it.

Templates are filled with `%`; position and `near '...'` are added by the lexer.
"""

from __future__ import annotations

NUMBER = b"malformed number"
LONG_STRING = b"unfinished long string"
LONG_COMMENT = b"unfinished long comment"
STRING = b"unfinished string"
ESCAPE = b"invalid escape sequence"
LONG_DELIMITER = b"invalid long string delimiter"
LEVELS = b"chunk has too many syntax levels"
TOKEN = b"'%s' expected"
MATCH = b"'%s' expected (to close '%s' at line %d)"
JUMP = b"control structure too long"
SLOTS = b"function or expression too complex"
LOCALS = b"chunk has more than %d local variables"
LIMIT_MAIN = b"main function has more than %d %s"
LIMIT_FUNCTION = b"function at line %d has more than %d %s"
RETURN_FIXUP = b"function too long for return fixup"
PARAMETER = b"<name> or '...' expected"
AMBIGUOUS = b"ambiguous syntax (function call x new statement)"
ARGUMENTS = b"function arguments expected"
SYMBOL = b"unexpected symbol"
DOTS = b"cannot use '...' outside a vararg function"
SYNTAX = b"syntax error"
FOR = b"'=' or 'in' expected"
BREAK = b"no loop to break"
LABEL_UNDEFINED = b"undefined label '%s'"
LABEL_DUPLICATE = b"duplicate label '%s'"
GOTO_SCOPE = b"<goto %s> jumps into the scope of local '%s'"

# These two come without position.
BYTECODE_FORMAT = b"%s: cannot load incompatible bytecode"
BYTECODE_HEADER = b"cannot load malformed bytecode"
