"""The caller's flow, step by step: read card_call.py first."""
