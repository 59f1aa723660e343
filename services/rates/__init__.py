"""Rate tables and their rates: kept, imported, exported, looked up."""
