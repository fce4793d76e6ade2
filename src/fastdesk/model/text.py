"""Texts for people."""

from typing import Annotated

from msgspec import Meta

__all__ = ["Line", "Text"]

Line = Annotated[str, Meta(max_length=500)]
#: A text for people: one string, or one for each language tag such as "zh-CN" and "en".
Text = Line | dict[str, Line]
