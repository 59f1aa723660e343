"""Clients, accounts and gateways."""
