"""Sessions, live conversations and delivery. Nothing enters that is not durable, but for typing, presence and deltas."""
