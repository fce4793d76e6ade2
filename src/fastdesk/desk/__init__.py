"""What people do with conversations: decisions on states, queues and assignment. Pure: nothing is stored or sent here."""
