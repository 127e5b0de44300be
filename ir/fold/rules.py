"""Importing this module registers every rule, one family per module."""

from ir.fold import constants, conversions, integers, memory, numbers, order, strings
from ir.fold.engine import RULES

__all__ = ["RULES", "constants", "conversions", "integers", "memory", "numbers", "order", "strings"]
