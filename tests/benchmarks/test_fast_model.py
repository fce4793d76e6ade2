"""The fast model answers as the official SDK expects, keeps its delay and counts."""

import asyncio
import time

import openai
import pytest
from benchmarks.load.fast_model import ANSWER, FastModel

QUESTION = [
    {"role": "user", "content": "earlier ref-old"},
    {"role": "assistant", "content": "…"},
    {"role": "user", "content": "你好 ref-abc?"},
]


def sdk(model):
    return openai.AsyncOpenAI(base_url=model.base_url, api_key="any", max_retries=0)


async def test_plain_and_streamed_answers_are_whole():
    with FastModel(delay_ms=0, chunks=20) as model:
        async with sdk(model) as asking:
            plain = await asking.chat.completions.create(model="m", messages=QUESTION)
            stream = await asking.chat.completions.create(model="m", messages=QUESTION, stream=True)
            pieces = [
                choice.delta.content
                async for event in stream
                for choice in event.choices
                if choice.delta.content
            ]
        assert plain.choices[0].message.content == ANSWER.replace("{ref}", "ref-abc")
        assert "".join(pieces) == ANSWER.replace("{ref}", "ref-abc")
        assert len(pieces) == 20
        totals = model.stop()
    assert (totals.calls, totals.streams) == (2, 1)


async def test_many_calls_at_once_each_get_their_own_answer_after_the_delay():
    with FastModel(delay_ms=30) as model:
        async with sdk(model) as asking:
            started = time.monotonic()
            answers = await asyncio.gather(
                *(
                    asking.chat.completions.create(
                        model="m", messages=[{"role": "user", "content": f"ref-{number}"}]
                    )
                    for number in range(20)
                )
            )
        lasted = time.monotonic() - started
        totals = model.stop()
    texts = [answer.choices[0].message.content for answer in answers]
    assert texts == [ANSWER.replace("{ref}", f"ref-{number}") for number in range(20)]
    assert lasted >= 0.03
    assert totals.calls == 20
    assert totals.delay_ms == pytest.approx(30, abs=15)
