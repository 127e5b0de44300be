"""The life cycle of traces: hot counters, recording, installation, penalties, flushing."""
