"""Load on a running desk: the native generator, the stand-in model server, and the scenarios."""
