"""Folding: constant folding, algebra, reassociation, forwarding.  One module per family of rules.

Importing the package registers every rule.
"""

from ir.fold import constants, conversions, integers, memory, numbers, order, strings
from ir.fold.engine import RULES, Rule, fold, rules_for

__all__ = [
    "RULES",
    "Rule",
    "constants",
    "conversions",
    "fold",
    "integers",
    "memory",
    "numbers",
    "order",
    "rules_for",
    "strings",
]
