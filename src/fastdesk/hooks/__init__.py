"""Contracts of plug-ins and the registry that checks and freezes them. Knows nothing of what a plug-in does."""
