"""Tools for users: listings of traces."""
