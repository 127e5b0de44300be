"""Lowering rules, one module per family.  Importing the package registers them all."""

from x64.lower import arith, calls, compare, control, convert, guards, memory  # noqa: F401
from x64.lower.registry import Lowering, Rule, lower

__all__ = ["Lowering", "Rule", "lower"]
