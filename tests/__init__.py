"""Tests mirror the source tree; programs in Lua stand in tests/lua, tests/bench and traces/."""
