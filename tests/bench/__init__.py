"""Benchmarks: programs in Lua and the runner of `make bench`."""
