"""Traces as data: objects, listings read and printed, JSON."""
