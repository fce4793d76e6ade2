"""What visitors say to steer a dialogue: cancel, ask for a person, correct themselves, ask something else."""

import re
from collections.abc import Iterable

from fastdesk.model.folding import exact_key, fold

__all__ = ["correction", "is_cancel", "is_question", "means_other", "wants_person"]

_CANCEL = frozenset(
    (
        *(
            "取消",
            "算了",
            "不用了",
            "不办了",
            "不弄了",
            "不查了",
            "不要了",
            "不需要了",
            "退出",
            "结束",
            "停止",
            "先不办",
        ),
        *(
            "cancel",
            "stop",
            "quit",
            "exit",
            "abort",
            "nevermind",
            "never mind",
            "forget it",
            "no thanks",
            "start over",
        ),
        *("cancel it", "cancel that", "stop it"),
    )
)
_SOFTENERS = re.compile(
    r"^(?:那就|那|就|请|我想|我要|我想要|please|ok|okay|oh|just|let's|lets)[,，\s]*"
    r"|[,，\s]*(?:吧|啦|谢谢|谢谢你|please|thanks|thank you)$"
)
_PERSON = re.compile(
    r"人工|真人|转客服|找客服|(?:^|\b)(?:human|(?:real|live|actual)\s+(?:person|agent|human)"
    r"|(?:talk|speak|chat)\s+(?:to|with)\s+(?:a|an|some)?\s*(?:person|agent|someone|somebody|representative|human)"
    r"|agent please)\b"
)
_NO_PERSON = re.compile(r"(?:不要|不用|不是|别|非|无)(?:转)?(?:人工|真人)|人工智能|(?:no|not a) human")
_CORRECTION = re.compile(
    r"^(?:(?:哦|噢|啊|等等|等一下|抱歉|对不起|不好意思|wait|sorry|oh|oops|hold on)[,，。!\s]*)*"
    r"(?:不对|不是的?|错了|说错了|写错了|搞错了|弄错了|更正(?:一下)?|纠正(?:一下)?|no|nope|wrong|actually|correction|i meant?"
    r"|that'?s (?:wrong|not right)|not that(?: one)?)(?![a-z])[\s,，。：:!]*"
)
_CHANGE = re.compile(
    r"(?:改成|改为|换成|换为|改一下|修改|更改|应该是|应为|应当是|change|should be|make (?:it|that)|instead|switch)"
)
_WRONG = re.compile(
    r"(?:不对|错了|有误|弄错|(?:is|was|isn'?t|is not) (?:wrong|right|incorrect|correct))[\s。.!！]*$"
)
_LEAD = re.compile(
    r"^(?:(?:是|应该是|应为|改成|改为|换成|换为|请|to|it'?s|it is|is|the|should be|make it|make that|change it to|i meant?)"
    r"[\s,，：:]*)+"
)
_OTHER = re.compile(
    r"(?:另外?一[个种项]|另一[个种项]|换一[个种项]|其他的?那?[个种项]|the other(?: one)?\b|other one\b)"
)
_ASKS = re.compile(
    r"[?？]\s*$|吗|呢$|怎么|怎样|如何|什么|为啥|为什么|多少|多久|几[天个点时号]|哪[里儿个些]|是不是|能不能|可不可以|有没有"
    r"|^(?:what|when|where|why|who|which|how|can|could|do|does|did|is|are|will|would|should|may)\b"
)


def is_cancel(text: str, more: Iterable[str] = ()) -> bool:
    """Say whether the whole text means: end this dialogue. `取消订单` is a wish, not that."""
    key = exact_key(fold(text))
    known = _CANCEL | {exact_key(fold(word)) for word in more}
    if key in known:
        return True
    shorter = _SOFTENERS.sub("", _SOFTENERS.sub("", key))
    return shorter in known


def wants_person(text: str) -> bool:
    """Say whether the visitor asks for a person."""
    folded = fold(text)
    return _PERSON.search(folded) is not None and _NO_PERSON.search(folded) is None


def correction(text: str) -> str | None:
    """Give what is left of a correction after its opening words, None when the text is none.

    `不对，是123` gives `123`, `电话改成138…` gives itself: the slot's name in it is needed.
    """
    folded = fold(text).strip()
    opened = _CORRECTION.match(folded)
    rest = folded[opened.end() :] if opened else folded
    marks = (_CHANGE, _OTHER, _WRONG)
    if not opened and not any(mark.search(folded) for mark in marks):
        return None
    return _LEAD.sub("", rest).strip()


def means_other(text: str) -> bool:
    """Say whether the visitor wants the other of two."""
    return _OTHER.search(fold(text)) is not None


def is_question(text: str) -> bool:
    """Say whether the text asks something."""
    return _ASKS.search(fold(text).strip()) is not None
