"""Lua source text to LuaJIT 2.1 bytecode."""
