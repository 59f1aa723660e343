"""The jobs that run by the clock: fees, expiry, lapse, forgetting."""
