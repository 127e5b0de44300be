"""Folding: constant folding, algebra, reassociation, forwarding.  One module per family of rules.

Importing the package registers every rule.
"""

from ir.fold.engine import RULES, Rule, fold, rules_for

__all__ = ["RULES", "Rule", "fold", "rules_for"]
