"""The Lua library: native functions and THE table that names every library function."""
