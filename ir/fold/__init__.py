"""Folding: constant folding, algebra, reassociation, forwarding.

`engine` has the registry and says what a rule is, `rules` loads all of them.
"""
