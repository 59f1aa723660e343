"""The console: the operators' door, drawn by Flask-Admin's plumbing and our own pages."""
