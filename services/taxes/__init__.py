"""Tax profiles: kept, and read for the price of a call."""
