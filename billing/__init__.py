"""The trade, pure: money, rating, limits, states and refusals; standard library only."""
