"""The callingcard command."""
