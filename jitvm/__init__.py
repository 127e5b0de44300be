"""The Lua implementation: front end, native Python, library, recorder, traces, tools."""
