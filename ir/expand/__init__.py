"""From traces to functions: a recorded trace in terms of loads, stores, branches and calls.

The opcodes of a trace speak of Lua (SLOAD, HREFK, ASTORE); a machine knows loads, stores, comparisons and
calls.  `expand` rewrites a trace as a `Function` of two blocks, entry and loop, in the same IR that native
code uses, so that one allocator and one set of lowering rules serve both.
"""

from ir.expand import arith, calls, memory, stack  # noqa: F401  The rules register themselves.
from ir.expand.core import Expansion, Parent, expand

__all__ = ["Expansion", "Parent", "expand"]
