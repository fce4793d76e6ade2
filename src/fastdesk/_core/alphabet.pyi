__all__ = ["SEPARATORS"]

SEPARATORS: str
