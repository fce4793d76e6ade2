import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openai._streaming import SSEDecoder

from fastdesk.ai.openai_wire import Events, PlainReader, RequestWriter, StreamReader, read_error, request_body
from fastdesk.ai.provider import Completion, Failure, Line, ModelRequest, Tool, ToolCall, Usage
from fastdesk.ai.settings import ModelSettings


def chunk(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice], **more}, ensure_ascii=False).encode() + b"\n\n"


def read(pieces: list[bytes]) -> tuple[list[str], Completion | Failure]:
    texts: list[str] = []
    reader = StreamReader(texts.append)
    for piece in pieces:
        failure = reader.feed(piece)
        if failure is not None:
            return texts, failure
    return texts, reader.finish()


WHOLE = (
    b": keep-alive\n\n"
    + chunk("退款")
    + chunk("已经 😀")
    + chunk("到账。")
    + chunk(None, "stop")
    + b'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n'
    + b"data: [DONE]\n\n"
)
EXPECTED = Completion(text="退款已经 😀到账。", usage=Usage(7, 3))


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_stream_cut_at_any_byte_reads_the_same(line_end: bytes) -> None:
    whole = WHOLE.replace(b"\n", line_end)
    for at in range(len(whole) + 1):
        texts, result = read([whole[:at], whole[at:]])
        assert result == EXPECTED, at
        assert "".join(texts) == EXPECTED.text


def test_stream_of_single_bytes_reads_the_same() -> None:
    texts, result = read([WHOLE[at : at + 1] for at in range(len(WHOLE))])
    assert (texts, result) == (["退款", "已经 😀", "到账。"], EXPECTED)


@given(
    st.lists(st.sampled_from([b"data: x", b"data:x", b"\n", b"\r", b"\r\n", b": c", b"event: e", b"id: 1"]))
)
def test_payloads_are_those_the_sdk_reads(parts: list[bytes]) -> None:
    whole = b"".join(parts) + b"\n\n"
    expected = [event.data for event in SSEDecoder().iter_bytes(iter([whole])) if event.data]
    assert [payload.decode() for payload in Events().feed(whole)] == expected


def test_stream_that_ends_too_early_is_never_an_answer() -> None:
    for keep in range(len(WHOLE)):
        _, result = read([WHOLE[:keep]])
        if isinstance(result, Completion):
            assert result.text == EXPECTED.text, keep  # only the token counts or the farewell are missing
        else:
            assert result.kind in {"broken", "garbage"}


def test_nothing_after_the_farewell_counts() -> None:
    assert read([WHOLE + chunk("more") + b"data: rubbish\n\n"])[1] == EXPECTED


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (b"data: <html>\n\n", "garbage"),
        (b'data: {"choices": 5}\n\n', "garbage"),
        (b'data: {"choices":[{"delta":{"content":"\xff\xfe"}}]}\n\n', "garbage"),
        (b"data: " + b"[" * 100_000 + b"\n\n", "garbage"),
        (b'data: {"error":{"message":"secret words","type":"overloaded","code":529}}\n\n', "broken"),
        (b'data: {"error":"down"}\n\n', "broken"),
    ],
)
def test_wrong_event_is_a_failure(event: bytes, kind: str) -> None:
    _, result = read([chunk("so far") + event])
    assert isinstance(result, Failure)
    assert result.kind == kind
    assert "secret" not in result.detail


def test_reasoning_is_skipped_and_other_choices_ignored() -> None:
    other = b'data: {"choices":[{"index":1,"delta":{"content":"no"}}]}\n\n'
    think = b'data: {"choices":[{"index":0,"delta":{"reasoning_content":"hmm"}}]}\n\n'
    assert read([think + other + chunk("yes", "stop") + b"data: [DONE]\n\n"]) == (
        ["yes"],
        Completion(text="yes"),
    )


def test_tool_calls_are_put_together_from_their_parts() -> None:
    def part(index: int, **fields: Any) -> bytes:
        choice = {"index": 0, "delta": {"tool_calls": [{"index": index, **fields}]}}
        return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"

    _, result = read(
        [
            part(0, id="a", function={"name": "order", "arguments": ""}),
            part(0, function={"arguments": '{"number"'}),
            part(1, id="b", function={"name": "hand_off", "arguments": "{}"}),
            part(0, function={"arguments": ":1}"}),
            chunk(None, "tool_calls"),
            b"data: [DONE]\n\n",
        ]
    )
    calls = (ToolCall("a", "order", '{"number":1}'), ToolCall("b", "hand_off", "{}"))
    assert result == Completion(text="", finish="tool_calls", tool_calls=calls)


def plain(body: bytes) -> Completion | Failure:
    reader = PlainReader()
    for at in range(0, len(body), 7):
        assert reader.feed(body[at : at + 7]) is None
    return reader.finish()


def test_plain_answer() -> None:
    body = '{"choices":[{"message":{"content":"好"},"finish_reason":"length"}],"usage":{"prompt_tokens":1}}'
    assert plain(body.encode()) == Completion(text="好", usage=Usage(1, 0), finish="length")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"choices":[]}',
        b'{"choices":[{}]}',
        b'{"choices":[{"message":{"content":null}}]}',
        b'{"choices":[{"message":{"content":"\xff"}}]}',
        b'{"choices":[{"message":{"content":"cut',
        b'{"x":' + b"[" * 100_000,
    ],
)
def test_body_that_is_no_answer(body: bytes) -> None:
    result = plain(body)
    assert isinstance(result, Failure)
    assert result.kind == "garbage"


USUAL = (
    '{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"好\\n",'
    '"refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],'
    '"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"details":{"cached":0}}}'
).encode()
PIECES = st.sampled_from(
    [b"", b" ", b'"', b"\\", b"\xff", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-1", b"null", b'"x"', b'"error":1,', b'"delta":{},',
     b'"content":"again",', b'"tool_calls":[],', b'"usage":null,', b'"refusal":"no",', b'"index":1,', b"{},"]
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, len(USUAL)), PIECES, st.integers(0, 4)), max_size=2))
@example([])
@example([(USUAL.index(b"7"), b"null", 1)])
@example([(USUAL.index(b"stop"), b"content_filter", 4)])
@example([(USUAL.index(b"\xe5"), b"", 5)])
@example([(USUAL.index(b'{"index"'), b"{},", 0)])
def test_an_answer_that_is_changed_anywhere_is_read_or_refused(changes: list[tuple[int, bytes, int]]) -> None:
    body = USUAL
    for place, piece, keep in changes:
        body = body[:place] + piece + body[place + keep :]
    assert isinstance(plain(body), Completion | Failure)


def test_refusal_is_an_answer_and_a_filtered_one_is_none() -> None:
    assert plain(b'{"choices":[{"message":{"content":null,"refusal":"I cannot."}}]}') == Completion(
        text="I cannot."
    )
    filtered = plain(b'{"choices":[{"message":{"content":"a"},"finish_reason":"content_filter"}]}')
    assert filtered == Failure("status", "content_filter", 400)


def test_error_body_tells_names_but_no_words() -> None:
    assert read_error(b'{"error":{"message":"you said X","type":"invalid_request_error","code":null}}') == (
        "invalid_request_error"
    )
    assert read_error(b"<html>") == ""


TALK = (
    Line("system", 'say "hi"\n'),
    Line("user", "订单"),
    Line("assistant", "", tool_calls=(ToolCall("a", "order", "{}"),)),
    Line("tool", "{}", tool_call_id="a"),
)
TOOLS = (Tool("order", "find", {"type": "object", "properties": {}}),)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("base_url", ["https://api.openai.com/v1", "http://127.0.0.1:1/v1"])
@pytest.mark.parametrize("extra", [{}, {"top_p": 0.5}, {"max_tokens": 3}])
@pytest.mark.parametrize(
    "asked",
    [ModelRequest(lines=TALK[:2]), ModelRequest(lines=TALK, tools=TOOLS, max_tokens=9)],
)
def test_written_request_is_the_described_one(
    stream: bool, base_url: str, extra: dict[str, Any], asked: ModelRequest
) -> None:
    settings = ModelSettings(stream=stream, base_url=base_url, extra=extra, temperature=0.5)

    def written(request: ModelRequest) -> Any:
        head, _, body = (
            RequestWriter(settings, b"POST / HTTP/1.1\r\nlength: ").write(request).partition(b"\r\n\r\n")
        )
        assert head == b"POST / HTTP/1.1\r\nlength: %d" % len(body)
        return json.loads(body)

    body = written(asked)
    assert body == request_body(settings, asked)
    if asked.lines[-1].role != "tool":
        pieces = (
            msgspec.json.encode(asked.lines[:1])[:-1],
            b"," + msgspec.json.encode(asked.lines[1:])[1:-1],
        )
        assert written(msgspec.structs.replace(asked, encoded=pieces)) == body
    assert body["messages"][1] == {"role": "user", "content": "订单"}
    assert ("max_completion_tokens" in body) == ("openai" in base_url and "max_tokens" not in extra)
