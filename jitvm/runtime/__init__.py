"""The run-time system: values, heap, strings, tables, functions, collector; native Python throughout."""
