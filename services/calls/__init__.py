"""A call on the platform: identified, quoted, authorised, settled, and what is told of it."""
