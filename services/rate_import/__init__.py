"""Rates as carriers send them: files read, compared with a table, applied at a moment, undone; and written again."""
