"""Calls: today's, live ones, past ones, and what to look at."""
