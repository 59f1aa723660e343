"""Who comes in: sign-in, second step, and the password again before a secret is shown."""
