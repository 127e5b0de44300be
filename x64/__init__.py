"""From IR to executable bytes: register allocation, instruction selection, encoding, executable memory.

Imports `ir`, never `jitvm`.
"""
