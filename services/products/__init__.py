"""What is sold and how its callers are asked: card groups, IVR plans, access numbers, destinations."""
