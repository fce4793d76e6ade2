"""The street: one port, the only sockets of the desk.

Enters: connections. Leaves: whole WebSocket messages to an endpoint's functions, HTTP requests to
aiohttp. It knows nothing of what the messages say.
"""
