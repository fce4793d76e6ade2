"""Logs, metrics, tasks, clock. Every other room may look out through here; nothing of the desk's own business enters."""
