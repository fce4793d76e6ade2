"""Bare echo servers of other makers, so that the whole desk can be seen next to them."""
