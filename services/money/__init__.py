"""Movements of money outside of calls, and the proof of every balance."""
