"""What lists have in common: their base, filters, cells, tabs, and their rows as files."""
