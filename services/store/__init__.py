"""How use cases reach database, files and settings."""
