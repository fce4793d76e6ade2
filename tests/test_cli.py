"""The command line teaches a desk and checks what it is taught: good files pass, bad ones are named with their lines."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from tests.running import RunningDesk
from typer.testing import CliRunner

from fastdesk.cli import app
from fastdesk.errors import FastdeskError

ROOT = Path(__file__).parents[1]
SHOP = ROOT / "examples" / "shop"

GREETING = """\
flow: greeting
states:
  name: {ask: name, say: 您的名字？, next: bye}
  bye: {end: done, say: 再见}
slots: {name: text}
dialogues:
  - name: short
    turns:
      - {bot: 名字}
      - {visitor: 小明}
      - {bot: 再见}
      - {end: done}
"""


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FASTDESK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FASTDESK_ADMIN_PASSWORD", "a password for tests")
    for name in ("FASTDESK_PLUGINS_DIR", "FASTDESK_CONFIG", "DESK_KEY"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def written(name: str, text: str) -> Path:
    path = Path(name)
    path.write_text(text, "utf-8")
    return path


def good(*arguments: object) -> str:
    done = run(*arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def bad(*arguments: object) -> list[str]:
    """Return the lines of what is refused."""
    done = run(*arguments)
    assert done.exit_code == 1, done.output
    if isinstance(done.exception, FastdeskError):
        return [str(done.exception)]
    return done.stderr.splitlines()


def test_help_names_every_group_and_loads_nothing_heavy() -> None:
    heavy = ("openai", "sqlalchemy", "pydantic", "aiohttp", "numpy", "yaml", "msgspec")
    code = f"import fastdesk.cli, sys; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    for group in ("flow", "rules", "words", "kb", "plugin", "agent", "site", "tenant"):
        assert group in good("--help")


def test_good_flows_and_rules_have_nothing_to_say() -> None:
    assert good("flow", "check", *sorted((SHOP / "flows").glob("*.yaml"))) == ""
    assert good("rules", "check", SHOP / "rules.yaml") == ""


def test_a_bad_flow_is_shown_with_its_lines() -> None:
    file = written("bad.yaml", GREETING.replace("next: bye", "next: bey"))
    assert bad("flow", "check", file) == [
        "bad.yaml:3: states.name.next: 'bey' is no state – did you mean 'bye'?"
    ]


def test_every_file_is_checked() -> None:
    written("one.yaml", GREETING.replace("next: bye", "next: bey"))
    written("two.yaml", "flow: two\n  states")
    lines = bad("flow", "check", "one.yaml", "two.yaml")
    assert [line.split(":")[0] for line in lines] == ["one.yaml", "two.yaml"]


def test_a_flow_that_calls_another_is_checked_with_those_beside_it() -> None:
    calling = "flow: outer\nstates:\n  sub: {flow: greeting, with: {nmae: x}, save: got, next: over}\n  over: {end: done}\n"
    written("outer.yaml", calling)
    assert bad("flow", "check", "outer.yaml") == [
        "outer.yaml:3: outer.states.sub.flow: there is no flow 'greeting'"
    ]
    written("greeting.yaml", GREETING)
    (line,) = bad("flow", "check", "outer.yaml")
    assert line.startswith("outer.yaml:3: ")
    assert line.endswith("has no slot 'nmae' – did you mean 'name'?")
    written("outer.yaml", calling.replace("nmae", "name"))
    assert good("flow", "check", "outer.yaml") == ""


def test_a_flow_is_drawn_beside_its_file() -> None:
    written("greeting.yaml", GREETING)
    assert good("flow", "draw", "greeting.yaml") == "Wrote greeting.svg.\n"
    assert "您的名字" in Path("greeting.svg").read_text("utf-8")
    good("flow", "draw", SHOP / "flows" / "refund.yaml", "--out", "refund.svg", "--language", "en")
    assert "<svg" in Path("refund.svg").read_text("utf-8")


def test_dialogues_are_played() -> None:
    assert good("flow", "test", written("greeting.yaml", GREETING)) == "pass  short\n1 played, 0 failed\n"


def test_a_dialogue_that_goes_wrong_is_shown_with_its_line() -> None:
    file = written("greeting.yaml", GREETING.replace("{bot: 再见}", "{bot: 你好}"))
    done = run("flow", "test", file)
    assert done.exit_code == 1
    assert done.stdout == "FAIL  short\n1 played, 1 failed\n"
    assert done.stderr.startswith("greeting.yaml:11: short: ")


def test_dialogues_may_stand_in_a_file_of_their_own() -> None:
    flow, _, dialogues = GREETING.partition("dialogues:")
    written("greeting.yaml", flow)
    assert "holds no dialogues" in bad("flow", "test", "greeting.yaml")[0]
    assert "1 played, 0 failed" in good(
        "flow", "test", "greeting.yaml", written("talks.yaml", "dialogues:" + dialogues)
    )


def test_bad_rules_are_shown_with_their_lines() -> None:
    file = written("rules.yaml", "rules:\n  - id: a\n    exact: hi\n    reply: '{{visitor.nmae}}'\n")
    (line,) = bad("rules", "check", file)
    assert line.startswith("rules.yaml:4: ")
    assert "visitor.nmae" in line


def test_words_are_brought_in_and_keep_their_level() -> None:
    file = written("words.txt", "# a comment\n加微信\n杀 !杀毒\n加微信\n")
    taught = good("words", "import", file, "--list", "mine", "--level", "mask")
    assert taught.endswith("mine (mask): 2 words\n")
    written("words.txt", "刷单\n")
    assert good("words", "import", file, "--list", "mine") == "mine (mask): 1 words\n"
    assert "promises (flag): 4 words" in good("words", "import", SHOP / "words.yaml")


def test_bad_words_are_shown_with_their_lines() -> None:
    file = written("words.txt", "fine\n!!!\n")
    assert bad("words", "import", file, "--list", "mine") == [
        "words.txt:2: a word needs a letter, digit or ideograph"
    ]
    assert "Say with --list" in bad("words", "import", file)[0]
    assert "no level loud" in bad("words", "import", file, "--list", "mine", "--level", "loud")[0]


def test_articles_are_brought_in_found_and_measured() -> None:
    files = [SHOP / "faq.csv", *sorted((SHOP / "articles").glob("*.md"))]
    first = good("kb", "import", *files)
    assert first.endswith(" new, 0 changed, 0 as before\n")
    assert good("kb", "import", *files).startswith("0 new, 0 changed, ")
    found = good("kb", "search", "退款多久到账", "--limit", "2")
    assert found.startswith("answer")
    assert "returns.zh" in found
    questions = written("asked.csv", "question,article\n退款多久到账,returns.zh\n火星上有水吗,\n")
    assert good("kb", "eval", questions).startswith("asked 1: 100.0% first, 100.0% in the first three\n")


def test_drafts_and_articles_for_others_are_not_found() -> None:
    written("secret.md", "---\ntitle: 内部折扣\n---\n员工内部折扣是八折。\n")
    good("kb", "import", "secret.md", "--audience", "staff")
    assert "secret" not in good("kb", "search", "内部折扣")
    assert "secret" in good("kb", "search", "内部折扣", "--audience", "staff")
    assert good("kb", "import", "secret.md", "--draft") == "0 new, 1 changed, 0 as before\n"
    assert "secret" not in good("kb", "search", "内部折扣", "--audience", "staff")


def test_bad_articles_are_shown_with_their_lines_and_nothing_is_brought_in() -> None:
    written("good.md", "# Fine\n\nText.\n")
    written("bad.md", "---\ntitle: Bad\nlanguge: en\n---\nText.\n")
    written("bad.csv", "question,answer\nWhy,\nWho,We, of course\n")
    assert bad("kb", "import", "good.md", "bad.md", "bad.csv") == [
        "bad.md:3: languge: unknown field 'languge' – did you mean 'language'?",
        "bad.csv:2: the answer is missing",
        "bad.csv:3: the row has more cells than there are columns – an answer with a comma stands in quotes",
    ]
    assert good("kb", "import", "good.md").endswith("1 new, 0 changed, 0 as before\n")


def test_an_evaluation_below_the_wish_fails() -> None:
    written("cats.md", "# Cats\n\nCats purr.\n")
    asked = written("asked.csv", "question,article\nHow far is the moon,cats\n")
    assert "0.0% were found first" in bad("kb", "eval", asked, "--in", "cats.md", "--at-least", "0.5")[0]
    written("asked.csv", "question,article\nDo cats purr,cat\n")
    assert bad("kb", "eval", asked, "--in", "cats.md") == [
        "asked.csv:2: there is no article 'cat' – did you mean 'cats'?"
    ]


def test_a_running_desk_is_taught_over_http(own_desk: RunningDesk) -> None:
    there = ("--url", own_desk.base, "--key", own_desk.token)
    written("cats.md", "# Cats\n\nCats purr.\n")
    assert good("kb", "import", "cats.md", *there) == "1 new, 0 changed, 0 as before\n"
    written("cats.md", "# Cats\n\nCats purr, dogs do not.\n")
    assert good("kb", "import", "cats.md", *there) == "0 new, 1 changed, 0 as before\n"
    assert "cats" in good("kb", "search", "do cats purr", *there)
    words = written("words.txt", "刷单\n")
    assert good("words", "import", words, "--list", "mine", *there) == "mine (block): 1 words\n"
    assert "401" in bad("kb", "search", "cats", "--url", own_desk.base, "--key", "wrong")[0]


def test_a_new_plugin_is_loaded_and_its_test_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert good("plugin", "new", "hello_shop").startswith("Wrote hello_shop.py and test_hello_shop.py.\n")
    assert "hello_shop  (handler, on_message)" in good("plugin", "check", "hello_shop.py")
    monkeypatch.setenv("FASTDESK_PLUGINS_DIR", ".")
    assert "hello_shop" in good("plugin", "list")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_hello_shop.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
    assert "exists already" in bad("plugin", "new", "hello_shop")[0]


def test_the_folder_of_plugins_is_made_with_the_first_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTDESK_PLUGINS_DIR", "desk/plugins")
    good("plugin", "new", "hello_shop")
    assert "hello_shop" in good("plugin", "list")


@pytest.mark.parametrize("name", ["Hello", "json", "fastdesk", "a-b", "test_a", ""])
def test_a_plugin_needs_a_name_of_its_own(name: str) -> None:
    bad("plugin", "new", name)
    assert list(Path().glob("*.py")) == []


def test_a_bad_plugin_says_what_is_wrong() -> None:
    file = written("wrong.py", "class Wrong:\n    name = 'wrong'\n    def on_store(self, said): ...\n")
    assert "Did you mean on_stored?" in bad("plugin", "check", file)[0]
    written("wrong.py", "\nimport no_such_module\n")
    assert "wrong.py, line 2 cannot be imported" in bad("plugin", "check", file)[0]


def test_options_of_a_plugin_are_checked() -> None:
    good("plugin", "new", "hello")
    written("fastdesk.toml", "[plugins.hello]\nhuors = '9'\n[plugins.other]\n")
    assert "has no option huors. Did you mean hours?" in bad("plugin", "check", "hello.py")[0]


def test_a_person_is_erased_and_the_days_are_set_beside_a_desk_and_without_one(own_desk: RunningDesk) -> None:
    token = own_desk.visitor()["token"]
    own_desk.ask("POST", "/v1/messages", {"id": "message-1", "text": "Xqsecretzz"}, token)
    _, found = own_desk.ask("GET", "/v1/visitors", None, own_desk.token)
    visitor = found["items"][0]["id"]
    url, key = ("--url", own_desk.base), ("--key", own_desk.token)
    assert run("retention", "30", *url, *key).exit_code == 0
    assert own_desk.ask("GET", "/v1/retention", None, own_desk.token)[1]["days"] == 30
    assert run("erase", visitor, *url, *key).exit_code == 0
    assert own_desk.ask("GET", f"/v1/visitors/{visitor}", None, own_desk.token)[0] == 404
    own_desk.ask("POST", "/v1/messages", {"id": "message-1", "text": "Xqsecretzz"}, token)
    own_desk.stop()
    assert run("retention", "0").exit_code == 0
    assert run("erase", visitor).exit_code == 0
    again = run("erase", visitor)
    assert isinstance(again.exception, FastdeskError)
    assert not any(b"Xqsecretzz" in path.read_bytes() for path in own_desk.data.rglob("*") if path.is_file())


RULE = "rules:\n  - {id: hello, exact: [hello], reply: Hi!}\n"
WEBHOOKS = "webhooks:\n  - {id: shop, url: 'https://shop.example/events', events: [message]}\n"

Where = tuple[str, ...]


@pytest.fixture(params=["stopped", "running"])
def where(request: pytest.FixtureRequest) -> Where:
    """Return the options that name a desk: none for the stopped one here, address and key for one that runs."""
    if request.param == "stopped":
        good("rules", "list")  # the first command founds the installation, and says so
        return ()
    desk: RunningDesk = request.getfixturevalue("own_desk")
    return ("--url", desk.base, "--key", desk.token)


def test_rules_are_brought_in_listed_and_removed(where: Where) -> None:
    file = written("rules.yaml", RULE)
    assert good("rules", "import", file, *where) == "hello\n"
    assert "hello v1  message" in good("rules", "list", *where)
    assert good("rules", "remove", "hello", *where) == "Removed hello.\n"
    assert "hello" not in good("rules", "list", *where)
    assert bad("rules", "remove", "hello", *where)


def test_a_bad_rule_is_named_with_its_line_and_the_old_one_stays(where: Where) -> None:
    good("rules", "import", written("rules.yaml", RULE), *where)
    worse = RULE + "  - {id: bad, exakt: [x], reply: no}\n"
    (line,) = bad("rules", "import", written("worse.yaml", worse), *where)
    assert line.startswith("worse.yaml:3: ")
    assert "did you mean 'exact'?" in line
    listed = good("rules", "list", *where)
    assert "hello v1" in listed
    assert "bad" not in listed


def test_flows_are_brought_in_and_bad_ones_leave_the_old_one(where: Where) -> None:
    good("flow", "import", written("greeting.yaml", GREETING), *where)
    assert "greeting v1" in good("flow", "list", *where)
    broken = written("broken.yaml", GREETING.replace("next: bye", "next: bey"))
    assert bad("flow", "import", broken, *where)[0].startswith("broken.yaml:3: ")
    assert "greeting v1" in good("flow", "list", *where)
    good("flow", "remove", "greeting", *where)


IN_PYTHON = """\
from fastdesk.dialogue import FlowBuilder

flow = (
    FlowBuilder("greeting", triggers=["hello"])
    .slot("name")
    .ask("name", "Your name?", next="bye")
    .end("bye", say="Bye, {{slots.name}}.")
    .build()
)
"""
DIALOGUES = (
    "dialogues:\n  - name: short\n    turns: [{bot: name}, {visitor: Tom}, {bot: 'Bye, Tom'}, {end: done}]\n"
)


def test_a_flow_written_in_python_is_checked_played_drawn_and_brought_in(where: Where) -> None:
    file = written("greeting.py", IN_PYTHON)
    assert good("flow", "check", file) == ""
    assert "1 played, 0 failed" in good("flow", "test", file, written("talk.yaml", DIALOGUES))
    good("flow", "draw", file)
    assert Path("greeting.svg").read_text("utf-8").startswith("<svg")
    assert good("flow", "import", file, *where) == "greeting\n"
    good("flow", "remove", "greeting", *where)
    wrong = written("wrong.py", IN_PYTHON.replace('next="bye"', 'next="bey"'))
    assert "did you mean 'bye'?" in bad("flow", "check", wrong)[0]
    assert "makes no 'flow'" in bad("flow", "check", written("none.py", "x = 1\n"))[0]
    assert "ZeroDivisionError" in bad("flow", "check", written("fails.py", "1 / 0\n"))[0]


def test_words_are_listed_tried_and_removed(where: Where) -> None:
    good("words", "import", written("ads.txt", "spam\n"), "--list", "ads", "--level", "mask", *where)
    assert "ads (mask, input output): 1 words" in good("words", "list", *where)
    assert (
        good("words", "test", "no s p a m here", *where)
        == "masked: word list ads#1\nshown as: no ******* here\n"
    )
    assert good("words", "test", "nothing", *where) == "clean\n"
    good("words", "remove", "ads", *where)
    assert good("words", "test", "spam", *where) == "clean\n"


def test_webhooks_are_added_brought_in_and_removed(where: Where) -> None:
    assert (
        len(good("webhook", "add", "crm", "https://crm.example/in", "--event", "note", *where).strip()) > 20
    )
    good("webhook", "import", written("webhooks.yaml", WEBHOOKS), *where)
    listed = good("webhook", "list", *where)
    assert "crm  https://crm.example/in  note\n" in listed
    assert "shop  https://shop.example/events  message\n" in listed
    assert good("webhook", "deliveries", "crm", *where) == ""
    wrong = written("wrong.yaml", WEBHOOKS.replace("[message]", "[massage]"))
    assert (
        "wrong.yaml:2: webhooks[0].events[0]: unknown value 'massage'"
        in bad("webhook", "import", wrong, *where)[0]
    )
    for id in ("crm", "shop"):
        good("webhook", "remove", id, *where)


def test_a_webhook_keeps_its_secret_when_it_is_written_again() -> None:
    good("webhook", "list")
    secret = good("webhook", "add", "crm", "https://crm.example/in")
    assert good("webhook", "add", "crm", "https://crm.example/other") == secret


def test_a_folder_teaches_a_desk(where: Where) -> None:
    folder = Path("desk")
    (folder / "flows").mkdir(parents=True)
    written("desk/rules.yaml", RULE)
    written("desk/webhooks.yaml", WEBHOOKS)
    written("desk/flows/greeting.py", IN_PYTHON)
    written("desk/words.yaml", "words:\n  - {id: ads, words: [spam]}\n")
    assert good("teach", folder, *where) == "rule: 1, words: 1, webhook: 1, flow: 1\n"
    assert good("teach", folder, *where) == "rule: 1, words: 1, webhook: 1, flow: 1\n"
    written("desk/rules.yaml", RULE.replace("exact", "exakt"))
    assert "line 2" in bad("teach", folder, *where)[0]


def test_why_says_what_the_desk_did(own_desk: RunningDesk) -> None:
    visitor = own_desk.visitor()
    own_desk.ask("POST", "/v1/messages", {"id": "a-message-1", "text": "转人工"}, visitor["token"])
    there = ("--url", own_desk.base, "--key", own_desk.token)
    assert "the visitor asked for a person" in good("why", visitor["conversation"], *there)
    assert "访客要求转人工" in good("why", visitor["conversation"], "--language", "zh", *there)
    assert "404" in bad("why", "nobody", *there)[0]


def test_why_reads_a_stopped_desk() -> None:
    assert "no conversation nobody" in bad("why", "nobody")[0]


def test_options_of_plugins_are_checked_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    good("plugin", "new", "hours_of_ours")
    monkeypatch.setenv("FASTDESK_PLUGINS_DIR", ".")
    good("check-config")
    written("fastdesk.toml", '[plugins.hours_of_ours]\nhour = "1"\n')
    assert "no option hour. Did you mean hours?" in bad("check-config")[0]
