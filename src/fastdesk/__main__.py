"""`python -m fastdesk` and the command `fastdesk`."""

from fastdesk.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
