"""What is up right now: each Asterisk, the calls on it, and the repair of settlements that did not come."""
