"""The trace recorder: from bytecodes about to be executed to IR."""
