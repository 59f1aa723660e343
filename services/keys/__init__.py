"""The keys of PINs and codes, kept outside the database."""
