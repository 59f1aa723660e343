"""Batches of cards: planned, made, exported, printed, imported, changed."""
