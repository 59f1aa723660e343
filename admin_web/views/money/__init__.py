"""Ledger, payments, fees, taxes, currencies and reports."""
