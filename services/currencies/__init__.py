"""Exchange rates, for reports only."""
