"""Use cases: one verb a file; each takes a Session and never commits."""
