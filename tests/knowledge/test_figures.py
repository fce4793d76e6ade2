"""How often the right article comes first: the figures the project promises, in English and Chinese.

BANKING77 (PolyAI, CC-BY-4.0): one FAQ per intent with the first 40 questions of each as its paraphrases; the rest is asked.
"""

import pytest
from tests.knowledge.questions import PARAPHRASES, article, read_banking77, read_faq

from fastdesk.knowledge import AskedQuestion, Evaluation, KnowledgeIndex, evaluate
from fastdesk.model.article import Article, ArticleId

SMALL_TALK = """
what is the weather like today
tell me a joke
who won the world cup in 1998
how far away is the moon
can you write a poem about spring
what should I cook for dinner
recommend a good film
how do I learn to play the guitar
is it going to rain tomorrow
what time is it in Tokyo
translate this sentence into French
my dog is sick, what do I do
best hotels near the beach
how tall is Mount Everest
do you like music
thanks, you too
""".strip().splitlines()


def banking77(paraphrases: int) -> tuple[list[Article], list[AskedQuestion]]:
    intents = read_banking77()
    articles = [
        article(name, asked[0], f"The answer to {name}.", questions=tuple(asked[:paraphrases]))
        for name, asked in intents.items()
    ]
    rest = [
        AskedQuestion(text, ArticleId(name))
        for name, asked in intents.items()
        for text in asked[PARAPHRASES:]
    ]
    return articles, rest


def said(measured: Evaluation) -> Evaluation:
    print(
        f"{measured.asked} asked: first {measured.first_rate:.1%}, third {measured.third_rate:.1%}; "
        f"answered {measured.answered}, precision {measured.precision:.1%}, suggested {measured.suggested}"
    )
    return measured


@pytest.mark.slow
@pytest.mark.data
def test_banking77_finds_the_right_intent() -> None:
    articles, rest = banking77(PARAPHRASES)
    measured = said(evaluate(KnowledgeIndex.build(articles), rest))
    assert measured.first_rate >= 0.857
    assert measured.third_rate >= 0.953
    assert measured.precision >= 0.9


@pytest.mark.slow
@pytest.mark.data
def test_banking77_is_found_before_anything_is_learnt() -> None:
    articles, rest = banking77(PARAPHRASES)
    measured = said(evaluate(KnowledgeIndex.build(articles, learn=False), rest[::3]))
    assert measured.first_rate >= 0.79
    assert measured.third_rate >= 0.93


@pytest.mark.slow
@pytest.mark.data
def test_few_paraphrases_are_better_than_none() -> None:
    few, rest = banking77(5)
    one, _ = banking77(1)
    with_few = said(evaluate(KnowledgeIndex.build(few), rest[::4]))
    with_one = said(evaluate(KnowledgeIndex.build(one), rest[::4]))
    assert with_few.first_rate >= 0.62
    assert with_few.first_rate > with_one.first_rate >= 0.3


@pytest.mark.slow
@pytest.mark.data
def test_what_no_article_is_about_is_rarely_answered() -> None:
    """Half of the intents are left out: their questions are about the same bank, small talk is about anything."""
    articles, rest = banking77(PARAPHRASES)
    known = {each.id for each in articles[::2]}
    index = KnowledgeIndex.build(articles[::2])
    near = [AskedQuestion(each.text, each.article if each.article in known else None) for each in rest[::4]]
    far = [AskedQuestion(text, None) for text in SMALL_TALK]
    measured = said(evaluate(index, near))
    assert measured.answered_right >= 0.9 * measured.answered
    assert measured.foreign_answered <= 0.5 * measured.foreign
    assert said(evaluate(index, far)).foreign_answered <= 1


@pytest.mark.parametrize(
    ("name", "first", "third"), [("shop_zh.txt", 0.8, 0.95), ("bank_zh.txt", 0.78, 0.92)]
)
def test_chinese_questions_find_the_right_article(name: str, first: float, third: float) -> None:
    articles, asked = read_faq(name)
    measured = said(evaluate(KnowledgeIndex.build(articles), asked))
    assert measured.first_rate >= first
    assert measured.third_rate >= third
    assert measured.foreign_answered <= 0.1 * measured.foreign
    assert measured.precision >= 0.85
