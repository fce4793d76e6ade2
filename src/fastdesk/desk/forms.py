"""Whether a form is filled in as it should be: types, lengths, what must be there. Said in the visitor's language."""

import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from fastdesk.model.form import Choice, Form, FormField
from fastdesk.model.text import Text

__all__ = ["check_values", "read_values"]

_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")
_PHONE: Final = re.compile(r"\+?[\d\s()./-]{5,24}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST: Final = {"textarea": 4000}
_SHORT: Final = 500

#: What is said of a value: Chinese, English. The label of its field stands before it.
_WORDS: Final = {
    "missing": ("请填写", "please fill this in"),
    "long": ("太长", "is too long"),
    "email": ("不是有效的邮箱地址", "is not an e-mail address"),
    "phone": ("不是有效的电话号码", "is not a phone number"),
    "number": ("不是数字", "is not a number"),
    "date": ("不是日期（例如 2026-01-31）", "is not a date such as 2026-01-31"),
    "choice": ("不是可选项", "is not one of the choices"),
    "unknown": ("不属于此表单", "is not a field of this form"),
    "text": ("不是文字", "is not a text"),
}


def check_values(form: Form, values: Any, language: str) -> dict[str, str] | str:
    """Return what was filled in, or a sentence that names everything that is wrong; empty fields are left out."""
    if not isinstance(values, dict):
        return _say("", "missing", language)
    problems = list(_problems(form, values, language))
    if problems:
        return _SEPARATOR[language.startswith("zh")].join(problems)
    return read_values(values)


def read_values(values: dict[str, Any]) -> dict[str, str]:
    """Return good values as texts, without the empty ones."""
    cleaned = {name: _clean(value) for name, value in values.items()}
    return {name: value for name, value in cleaned.items() if value}


_SEPARATOR: Final = {True: "；", False: "; "}


def _problems(form: Form, values: dict[str, Any], language: str) -> Iterator[str]:
    known = {field.name for field in form.fields}
    for name in values:
        if name not in known:
            yield _say(str(name)[:64], "unknown", language)
    for field in form.fields:
        problem = _problem(field, values.get(field.name))
        if problem:
            yield _say(_pick(field.label, language) or field.name, problem, language)


def _problem(field: FormField, given: Any) -> str:
    """Return the key of what is wrong with a value, empty when nothing is."""
    if given is not None and not isinstance(given, str | int | float):
        return "text"
    value = _clean(given)
    if not value:
        return "missing" if field.required else ""
    if len(value) > (field.max_length or _LONGEST.get(field.type, _SHORT)):
        return "long"
    return "" if _fits(field, value) else field.type


def _fits(field: FormField, value: str) -> bool:
    match field.type:
        case "email":
            return _EMAIL.fullmatch(value) is not None
        case "phone":
            return _PHONE.fullmatch(value) is not None
        case "number":
            return _is_number(value.replace(",", "."))
        case "date":
            return _is_date(value)
        case "choice":
            return value in {
                choice.value if isinstance(choice, Choice) else choice for choice in field.choices
            }
        case _:
            return True


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


def _clean(value: Any) -> str:
    if value is None or value is False:
        return ""
    return _CONTROL.sub("", str(value)).strip()


def _say(label: str, problem: str, language: str) -> str:
    zh, en = _WORDS[problem]
    if language.startswith("zh"):
        return f"{label}：{zh}" if label else zh
    return f"{label}: {en}" if label else en


def _pick(text: Text, language: str) -> str:
    if isinstance(text, str):
        return text
    main = language.partition("-")[0]
    return next(
        (words for tag, words in text.items() if tag.partition("-")[0] == main), next(iter(text.values()), "")
    )
