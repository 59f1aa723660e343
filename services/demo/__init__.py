"""The demo's own data."""
