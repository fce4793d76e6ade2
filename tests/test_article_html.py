"""Web pages become Markdown: their main part, with headings, lists, tables and links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.article_html import read_html

PAGE = """<!doctype html><html lang="zh-CN"><head><title>帮助 – Tea &amp; Co</title><style>p{}</style></head><body>
<nav><a href="/">Home</a></nav><header>Logo</header>
<main><h1>退款说明</h1><p>在 <strong>我的订单</strong> 里点
 <a href="/refund">申请退款</a>。</p>
<h2>时间</h2><ul><li>1 个工作日</li><li>银行卡<ol><li>先</li><li>后</li></ol></li></ul>
<table><tr><th>方式</th><th>天</th></tr><tr><td>卡</td><td>3</td></tr></table>
<pre>a  b
c</pre><script>alert(1)</script><form>E-mail</form></main><footer>©</footer></body></html>"""


def test_main_part_without_menus_scripts_and_forms() -> None:
    page = read_html(PAGE, "https://tea.example/help/")
    assert (page.title, page.language) == ("退款说明", "zh-CN")
    assert page.markdown.split("\n\n") == [
        "# 退款说明",
        "在 **我的订单** 里点 [申请退款](https://tea.example/refund) 。",
        "## 时间",
        "- 1 个工作日\n- 银行卡\n  1. 先\n  2. 后",
        "| 方式 | 天 |\n| --- | --- |\n| 卡 | 3 |",
        "```\na  b\nc\n```",
    ]


def test_page_without_main_part_is_read_whole_but_for_its_frame() -> None:
    page = read_html("<title>T</title><header>H</header><div>One<p>Two</div><footer>F</footer>Three")
    assert (page.title, page.markdown) == ("T", "One\n\nTwo\n\nThree")


def test_header_inside_the_main_part_counts() -> None:
    assert read_html("<article><header><h1>Hi</h1></header>x</article>").markdown == "# Hi\n\nx"


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "http://[", "vbscript:x"])
def test_links_that_run_code_are_left_out(href: str) -> None:
    assert read_html(f'<p><a href="{href}">text</a></p>').markdown == "text"


@pytest.mark.parametrize(
    "html", ["<p>a<p>b", "</div></p>x<b>", "<main><main>x</main>y</main>z", "<td>x", "<li>x", "<a>x"]
)
def test_broken_pages_are_read(html: str) -> None:
    assert read_html(html).markdown


def test_deep_nesting_is_no_trouble() -> None:
    assert "x" in read_html("<div>" * 50_000 + "x").markdown


ROW = ["table", "tr", "td", "/td", "pre", "/pre", "a", "/a", "b", "/b"]
TAGS = ["p", "/p", "main", "/main", "nav", "/nav", "li", "ol", "/ol", "h2", "/h2", *ROW]


@given(st.lists(st.sampled_from(["text", *(f"<{tag}>" for tag in TAGS)])))
def test_any_order_of_tags_is_read(parts: list[str]) -> None:
    read_html("".join(parts))
