"""Routing plans, carriers, and what Asterisk knows of them."""
