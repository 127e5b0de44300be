"""The interpreter: one handler per bytecode, in native Python."""
