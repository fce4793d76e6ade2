"""Files of rules, flows and words come in as they are; what is wrong is told with its line, and the old stays in force."""

from typing import Any

import pytest
from tests.running import RunningDesk

RULES = "rules:\n  - {id: from_file, exact: [from the file], reply: Written in a file.}\n"
FLOW = """\
flow: from_file
states:
  name: {ask: name, say: 您的名字？, next: bye}
  bye: {end: done, say: 再见}
slots: {name: text}
"""


def send(desk: RunningDesk, path: str, source: str, method: str = "POST") -> tuple[int, Any]:
    return desk.ask(method, path, source.encode(), desk.token)


def test_a_file_of_rules_comes_in_once(desk: RunningDesk) -> None:
    assert send(desk, "/v1/rules/import", RULES) == (200, {"new": ["from_file"], "changed": [], "same": []})
    assert send(desk, "/v1/rules/import", RULES)[1]["same"] == ["from_file"]
    changed = RULES.replace("Written", "Read")
    assert send(desk, "/v1/rules/import", changed)[1]["changed"] == ["from_file"]
    assert desk.ask("GET", "/v1/rules/from_file", None, desk.token)[1]["version"] == 2


def test_one_bad_rule_refuses_the_file_and_the_old_one_stays(desk: RunningDesk) -> None:
    send(desk, "/v1/rules/import", RULES)
    before = desk.ask("GET", "/v1/rules/from_file", None, desk.token)
    bad = RULES.replace("Written", "Other") + "  - {id: other, exact: [x], reply: '{{vsitor.name}}'}\n"
    status, refusal = send(desk, "/v1/rules/import", bad)
    assert (status, refusal["code"]) == (422, "invalid")
    assert "line 3" in refusal["message"]
    assert "vsitor" in refusal["message"]
    assert desk.ask("GET", "/v1/rules/from_file", None, desk.token) == before
    assert desk.ask("GET", "/v1/rules/other", None, desk.token)[0] == 404


def test_a_flow_comes_in_as_its_file(desk: RunningDesk) -> None:
    status, written = send(desk, "/v1/flows/import", FLOW)
    assert (status, written["new"] + written["changed"] + written["same"]) == (200, ["from_file"])
    status, refusal = send(desk, "/v1/flows/import", FLOW.replace("next: bye", "next: bey"))
    assert status == 422
    assert "line 3" in refusal["message"]
    assert "did you mean 'bye'" in refusal["message"] + refusal.get("hint", "")
    assert desk.ask("GET", "/v1/flows/from_file", None, desk.token)[1]["states"]["name"]["next"] == "bye"


@pytest.mark.parametrize(
    ("path", "source", "line"),
    [
        ("/v1/rules", "id: x\nexact: [a]\nreply: '{{vsitor.name}}'\n", 3),
        ("/v1/rules", '{"id": "x",\n "exact": ["a"],\n "replly": "b"}', 3),
        ("/v1/flows", FLOW.replace("next: bye", "next: bey"), 3),
        ("/v1/flows", "flow: x\nstates: [\n", 3),
        ("/v1/flows", "flow: x\nstats: {}\n", 2),
    ],
)
def test_one_record_may_be_yaml_and_its_faults_have_lines(
    desk: RunningDesk, path: str, source: str, line: int
) -> None:
    status, refusal = send(desk, path, source)
    assert (status, refusal["code"]) == (422, "invalid")
    assert f"line {line}" in refusal["message"]


def test_a_flow_may_be_put_as_yaml(desk: RunningDesk) -> None:
    send(desk, "/v1/flows/import", FLOW)
    status, flow = send(desk, "/v1/flows/from_file", FLOW.replace("再见", "回头见"), "PUT")
    assert (status, flow["id"], flow["states"]["bye"]["say"]) == (200, "from_file", "回头见")


def test_a_plain_list_and_a_file_of_lists_come_in(desk: RunningDesk) -> None:
    status, written = send(desk, "/v1/words/import?list=plain&level=mask", "刷好评\nspam !spam filter\n")
    assert (status, written["new"]) == (200, ["plain"])
    _, words = desk.ask("GET", "/v1/words/plain", None, desk.token)
    assert (words["level"], words["words"][1]) == ("mask", {"text": "spam", "allow": ["spam filter"]})
    send(desk, "/v1/words/import?list=plain", "刷好评\n")
    assert desk.ask("GET", "/v1/words/plain", None, desk.token)[1]["level"] == "mask"
    lists = "words:\n  - {id: one, level: flag, words: [甲乙丙]}\n  - {id: two, words: [丁戊己]}\n"
    assert send(desk, "/v1/words/import", lists)[1]["new"] == ["one", "two"]
    for id in ("plain", "one", "two"):
        desk.ask("DELETE", f"/v1/words/{id}", None, desk.token)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/v1/words/import?list=x&level=loud", "a\n"),
        ("/v1/words/import?list=x", "...\n"),
        ("/v1/words/import?list=" + "x" * 65, "a\n"),
        ("/v1/words/import", "words:\n  - {id: one, level: loud, words: [a]}\n"),
        ("/v1/words/import", "just words\n"),
        ("/v1/rules/import", ""),
        ("/v1/rules/import", "rules: 5"),
        ("/v1/flows/import", "- a list"),
    ],
)
def test_bad_files_are_refused(desk: RunningDesk, path: str, source: str) -> None:
    status, refusal = send(desk, path, source)
    assert status in (400, 422), refusal
    assert refusal["code"] in ("invalid", "bad_request")


def test_a_list_of_words_is_written_changed_and_read_as_any_record(desk: RunningDesk) -> None:
    many = [f"词{number:05d}语" for number in range(5_000)]
    body = {"id": "many", "words": [*many, {"text": "杀", "allow": ["杀毒"]}]}
    status, made = desk.ask("POST", "/v1/words", body, desk.token)
    assert (status, len(made["words"]), made["level"]) == (201, 5_001, "block")
    assert desk.ask("POST", "/v1/words", body, desk.token)[0] == 409
    status, changed = desk.ask("PATCH", "/v1/words/many", {"level": "flag"}, desk.token)
    assert (status, changed["level"], len(changed["words"])) == (200, "flag", 5_001)
    assert desk.ask("GET", "/v1/words/many", None, desk.token)[1] == changed
    status, changed = desk.ask("PATCH", "/v1/words/many", {"text": "只有一个"}, desk.token)
    assert (status, changed["words"]) == (200, [{"text": "只有一个"}])
    for wrong in (
        {"words": "text"},
        {"words": [5.5, None]},
        {"wrds": []},
        {"words": [{"txt": "a"}]},
        {"level": 1},
    ):
        status, refusal = desk.ask("PATCH", "/v1/words/many", wrong, desk.token)
        assert (status, refusal["code"]) == (422, "invalid"), wrong
    desk.ask("DELETE", "/v1/words/many", None, desk.token)
