"""Articles are read out of Markdown and tables as people write them, and what is wrong has its line."""

import pytest

from fastdesk.article_files import read_articles, read_questions
from fastdesk.model.article import Article, ArticleId
from fastdesk.model.problem import Problem


def read(name: str, text: str | bytes, **defaults: object) -> list[Article]:
    content = text if isinstance(text, bytes) else text.encode()
    articles = [each for each in read_articles(name, content, defaults) if isinstance(each, Article)]
    assert articles
    return articles


def fault(name: str, text: str | bytes) -> Problem:
    content = text if isinstance(text, bytes) else text.encode()
    (problem,) = read_articles(name, content, {})
    assert isinstance(problem, Problem)
    return problem


def test_markdown_without_fields_takes_them_from_its_name_and_heading() -> None:
    (article,) = read("returns.en.md", "# Returns #\n\nWithin 7 days.\n")
    assert (article.id, article.title, article.state) == ("returns.en", "Returns", "draft")
    assert article.body == "# Returns #\n\nWithin 7 days."


def test_fields_between_the_dashes_come_before_the_defaults() -> None:
    text = "---\r\ntitle: 2026\r\nlanguage: en\r\nquestions: [how, 7]\r\n---\r\nText.\r\n"
    (article,) = read("a.md", text, language="zh", state="published")
    assert (article.title, article.language, article.questions) == ("2026", "en", ("how", "7"))
    assert (article.state, article.body) == ("published", "Text.")


def test_a_name_that_can_be_no_id_gets_one_that_stays() -> None:
    (first,) = read("退货 规则.md", "七天。")
    (again,) = read("退货 规则.md", "八天。")
    assert first.id == again.id
    assert first.id.isascii()
    assert first.title == "退货 规则"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_tables_are_read_as_spreadsheets_write_them(encoding: str) -> None:
    text = (
        "问题,答案,相似问题,可见\r\n怎么退款,“我的订单”里申请,我想退款| 钱能退吗 |,gold|signed_in\r\n,,,\r\n"
    )
    (article,) = read("faq.csv", text.encode(encoding))
    assert (article.title, article.body) == ("怎么退款", "“我的订单”里申请")
    assert article.questions == ("我想退款", "钱能退吗")
    assert article.audience == ("gold", "signed_in")
    assert article.id.startswith("faq-")


def test_a_row_keeps_its_id_when_its_answer_changes() -> None:
    before = read("faq.csv", "question,answer\nWhy,So\nWho,We\n")
    after = read("faq.csv", "question,answer\nWho,Us\nWhy,So\n")
    assert [each.id for each in before] == [each.id for each in reversed(after)]


@pytest.mark.parametrize(
    ("name", "text", "line", "says"),
    [
        ("a.docx", "x", 0, "'.docx' is no kind of file"),
        ("a.pdf", "x", 0, "cannot be read"),
        ("a.html", "<script>x</script>", 0, "no text"),
        ("a.md", " \n", 0, "no text"),
        ("a.md", "---\ntitle: [\n---\nx", 3, "not YAML"),
        ("a.md", "---\n- title\n---\nx", 2, "fields"),
        ("a.md", "---\nid: a b\n---\nx", 2, "'a b' is no id"),
        ("a.md", "---\ntitle: x\nstate: ready\n---\nx", 3, "unknown value 'ready'"),
        ("a.csv", "question,anwser\nWhy,So\n", 1, "no column 'anwser'"),
        ("a.csv", 'question,answer\n"Why\nnot","So"\n,So\n', 4, "the question is missing"),
        ("a.csv", b"question,answer\nWhy,\xff\xff\n", 0, "encoding"),
    ],
)
def test_what_is_wrong_has_its_line(name: str, text: str | bytes, line: int, says: str) -> None:
    problem = fault(name, text)
    assert says in problem.message
    assert problem.line == line


def test_questions_may_have_no_article() -> None:
    known = {ArticleId("a")}
    asked = read_questions(b"question,article\nWhy,a\nWhat,\n", known)
    assert [(each.text, each.article) for each in asked] == [("Why", "a"), ("What", None)]  # type: ignore[union-attr]
    (problem,) = read_questions(b"question\nWhy\n", known)
    assert problem == Problem(message="the table needs the columns question and article", line=1)
