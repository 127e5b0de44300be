"""The typed SSA language shared by traces and by the VM's own native code.

It knows the heap layout, but neither Lua source nor x86.  It imports nothing of `x64` or `jitvm`.
"""
