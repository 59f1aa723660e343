"""Resellers: who they are, and which series are theirs."""
