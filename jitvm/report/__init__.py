"""Traces as one HTML page: what it shows (`view`), source texts (`sources`), the file (`page`)."""
