"""Cut English words down to a common form, so that `cards`, `card` and `refunded`, `refund` meet.

Light on purpose: only plural, -ing and -ed endings, after Harman (1991), "How effective is suffixing?", which
found that stronger stemming harms as many questions as it helps. Own rules for the doubled consonant and final e.
"""

__all__ = ["CHINESE_FORM", "STOP_FORMS", "STOP_WORDS", "stem"]

# Words that say how a question is asked, not what it is about. The apostrophe is gone when they are looked up.
STOP_WORDS = frozenset(
    """
    a an the this that these those there here it its i me my mine we us our you your he she they them their
    is are was were be been being am do does did doing done have has had having will would shall should can could
    may might must to of in on at by for from with as into about and or but if so than then because while
    what which who whom whose when where why how please hello hi hey thanks thank just also too very really
    im ive id ill dont doesnt didnt isnt arent wasnt cant couldnt wont wouldnt
    的 了 吗 呢 吧 啊 呀 嘛 么 我 你 您 他 她 它 我们 你们 他们 咱们 是 在 有 和 与 及 或 就 都 也 还 又 被 把
    给 让 对 从 到 向 这 那 这个 那个 这些 那些 一个 一下 请问 请 你好 您好 谢谢 麻烦 怎么 怎样 如何 什么 哪里
    哪个 哪些 多少 几 为什么 怎么办 可以 能 能不能 可不可以 会 要 想 想要 一 个 不 没 没有 得 地 着 过 很
    """.split()  # noqa: SIM905 - one literal a word would be three screens long
)

#: Chinese characters of the stop words, but those that also carry a subject (里, 办, 样, 时, 候 …).
CHINESE_FORM = frozenset(
    "的了吗呢吧啊呀嘛么我你您他她它们咱是在有和与及或就都也还又被把给让对从到向这那个些一下请问好谢麻烦"
    "怎如何什哪多少几为可以能不会要想没得地着过很"
)
_VOWELS = frozenset("aeiouy")


def stem(word: str) -> str:
    """Return the common form of a lower-case English word; words of up to three letters stay as they are."""
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if len(word) > 5 and word.endswith("ing"):
        word = _cut(word, 3)
    elif len(word) > 4 and word.endswith("ed") and not word.endswith("eed"):
        word = _cut(word, 2)
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _cut(word: str, ending: int) -> str:
    """Cut an ending off, unless no vowel is left ("string"); a consonant doubled for it goes too ("shipped")."""
    left = word[:-ending]
    if not _VOWELS.intersection(left):
        return word
    return left[:-1] if len(left) > 3 and left[-1] == left[-2] and left[-1] not in "lsz" else left


#: Stop words and their stems.
STOP_FORMS = STOP_WORDS | {stem(word) for word in STOP_WORDS}
