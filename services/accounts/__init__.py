"""Clients and their accounts: who sends calls to us and who takes ours."""
