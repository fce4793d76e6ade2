"""The word filter: texts enter, verdicts leave. No I/O, no clock, no randomness."""

from fastdesk.moderation.verdict import CLEAN, Hit, Verdict, filter_line
from fastdesk.moderation.word_filter import WordFilter
from fastdesk.moderation.words import check_list, parse_word_list, parse_word_lists, parse_words

__all__ = [
    "CLEAN",
    "Hit",
    "Verdict",
    "WordFilter",
    "check_list",
    "filter_line",
    "parse_word_list",
    "parse_word_lists",
    "parse_words",
]
