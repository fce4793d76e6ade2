"""In which language to answer: told by the script of what the visitor wrote, without a model."""

import re
from typing import Final

from fastdesk._core import SignSet, scripts

__all__ = ["chosen_language", "detect_language", "language_instruction"]

#: Language code → how it is called in a prompt: in English, and in itself where that helps the model.
_NAMES = {
    "zh": "Simplified Chinese (简体中文)",
    "zh-Hant": "Traditional Chinese (繁體中文)",
    "en": "English",
    "ja": "Japanese (日本語)",
    "ko": "Korean (한국어)",
    "ru": "Russian (русский)",
    "ar": "Arabic (العربية)",
    "he": "Hebrew (עברית)",
    "th": "Thai (ไทย)",
    "hi": "Hindi (हिन्दी)",
    "el": "Greek (ελληνικά)",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "pl": "Polish",
    "tr": "Turkish",
    "vi": "Vietnamese",
    "id": "Indonesian",
    "ms": "Malay",
}
_NOT_LATIN = frozenset({"zh", "zh-Hant", "ja", "ko", "ru", "ar", "he", "th", "hi", "el"})

#: Bits of `scripts`.
_KANA: Final = 1
_HAN: Final = 2
#: Scripts that belong to one language as far as a desk is concerned.
_LANGUAGES: Final = (("ko", 4), ("ru", 8), ("ar", 16), ("he", 32), ("th", 64), ("hi", 128), ("el", 256))
#: Frequent characters that only traditional, and only simplified Chinese has.
_TRADITIONAL: Final = "們個這來時說國對會過還沒為與麼嗎請問開關訂單貨買賣錢寄運貴謝電話號碼點選據發票換"
_SIMPLIFIED: Final = "们个这来时说国对会过还没为与么吗请问开关订单货买卖钱运贵谢电话号码点选据发换"
_traditional = SignSet(_TRADITIONAL)
_LATIN_LETTER = re.compile(r"[a-z]", re.IGNORECASE)
_ENGLISH_WORD = re.compile(
    r"(?<![a-z0-9])(?:a|about|an|and|are|at|can|could|did|do|does|for|from|have|help|hello|hi|how|i|i'm|in|is|it|me|my|need|not|of"
    r"|on|order|please|refund|that|the|there|this|to|want|was|what|when|where|which|who|why|will|with|would|you|your)(?![a-z0-9])",
    re.IGNORECASE,
)


def detect_language(text: str, fallback: str = "") -> str:
    """Return the code of the language `text` is written in; `fallback` when it says too little."""
    found = scripts(text)
    if found:
        if found & _KANA:  # before Han, as Japanese uses both
            return "ja"
        if found & _HAN:
            return _which_chinese(text)
        for code, script in _LANGUAGES:
            if found & script:
                return code
    if _ENGLISH_WORD.search(text):
        return "en"
    base = fallback.partition("-")[0]
    if len(_LATIN_LETTER.findall(text)) < 4 or (base and base not in _NOT_LATIN):
        return fallback
    return "en"


def chosen_language(wanted: str, allowed: tuple[str, ...], text: str, fallback: str) -> str:
    """Return the language to answer in: fixed by the site, or the visitor's if it is allowed, else the first allowed."""
    code = detect_language(text, fallback) if wanted == "auto" else wanted
    if allowed and code not in allowed and code.partition("-")[0] not in allowed:
        return allowed[0]
    return code


def language_instruction(code: str) -> str:
    """Return the sentence that tells a model which language to use."""
    name = _NAMES.get(code) or _NAMES.get(code.partition("-")[0])
    if code in ("zh-TW", "zh-HK", "zh-Hant"):
        return "Reply in Traditional Chinese (繁體中文). 請用繁體中文回答。"
    if name is None:
        return f"Reply in {code}." if code else "Reply in the language of the visitor's last message."
    if code.startswith("zh"):
        return f"Reply in {name}. 请用简体中文回答。"
    return f"Reply in {name}."


def _which_chinese(text: str) -> str:
    if not _traditional.occurs_in(text):
        return "zh"
    signs = set(text)
    return "zh-Hant" if len(signs.intersection(_TRADITIONAL)) > len(signs.intersection(_SIMPLIFIED)) else "zh"
