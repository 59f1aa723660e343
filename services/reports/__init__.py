"""Figures over many calls and cards, for reports and for the dashboard, kept ready in a rollup."""
