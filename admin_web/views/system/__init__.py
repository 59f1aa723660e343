"""Operators, audit log, jobs, settings, and what an operator sets for itself."""
