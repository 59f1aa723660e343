"""The console's phones: their lines, and what is told of a call while it goes on."""
