"""What the holder of a card does in the portal: log in, look, refill, free a phone."""
