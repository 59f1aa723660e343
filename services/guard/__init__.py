"""The guard against guessing, shared by every door."""
