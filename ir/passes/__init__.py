"""Passes over a recorded trace, and the analyses that folding asks for."""
