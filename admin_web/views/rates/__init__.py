"""Rate tables, rates, imports, and what a call would cost."""
