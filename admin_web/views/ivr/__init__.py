"""What callers hear: plans, access numbers, prompts, and a phone to try them."""
