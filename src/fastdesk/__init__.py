"""fastdesk: a customer-service desk in one process.

Read the code in the order of the tour in README.md; `docs/architecture.md` follows one message through the house.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
