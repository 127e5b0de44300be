"""Importing this module completes the language: every visitor and every lowering rule is registered."""

from jitvm.native import lower_expr, lower_stmt, visit_call, visit_expr, visit_stmt

__all__ = ["lower_expr", "lower_stmt", "visit_call", "visit_expr", "visit_stmt"]
