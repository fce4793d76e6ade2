"""The corridor: five stages and the runner that knows their order.

Bytes of a session enter, committed events and frames leave. `authenticate`, `parse` and `route` are plain functions without
`await` and without I/O; `process` runs the handler; `reply` stores and shows what it answered.
"""
