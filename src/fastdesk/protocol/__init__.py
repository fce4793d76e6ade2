"""The wire: frames, codec and codes. Bytes enter, frames leave, and the other way round; no I/O, no state."""
