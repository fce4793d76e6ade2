"""The load generator passes a correct desk and stops at the first lost, wrong or misplaced answer."""

import asyncio
import json
import random
import re
import subprocess

import pytest
from benchmarks.load.native import WrongAnswer, generator_command, generator_path, read_result
from tests.benchmarks.stand_in_desk import ANSWER, StandInDesk, serve

QUESTION = "您好，请问这件多少钱？{n}"
SHORT = {"warm_up": 0.05, "seconds": 0.2, "repetitions": 2}
#: A fault ends a run at once; on a slow machine it takes a while until it is committed.
UNTIL_NOTICED = {"seconds": 20, "repetitions": 1, "stall": 0.5}


async def run(desk, tmp_path, mode="chat", connections=4, **options):
    """Run the generator against a stand-in desk and return its report."""
    sessions = tmp_path / "sessions"
    lines = [json.dumps(desk.add_visitor()) for _ in range(connections)]
    sessions.write_text("\n".join(lines) + "\n")
    chosen = {"text": QUESTION, "expect": ANSWER, "sessions": sessions, "connections": connections, **SHORT}
    async with serve(desk) as port:
        command = generator_command(mode, port, **{**chosen, **options})
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        output, _ = await process.communicate()
    return read_result(output)


def agents_file(tmp_path, desk_visitors):
    """Two agents that share the conversations c0, c1, …"""
    takes = [json.dumps({"t": "take", "conversation": f"c{i}"}) for i in range(desk_visitors)]
    file = tmp_path / "agents"
    file.write_text("\t".join(["agent-a", *takes[::2]]) + "\n" + "\t".join(["agent-b", *takes[1::2]]) + "\n")
    return file


@pytest.mark.parametrize("depth", [1, 5])
async def test_a_correct_desk_passes(tmp_path, depth):
    desk = StandInDesk()
    result = await run(desk, tmp_path, depth=depth)
    assert result["valid"]
    assert result["checked_messages"] == desk.received
    assert sum(repetition["messages"] for repetition in result["repetitions"]) > 0
    for repetition in result["repetitions"]:
        assert repetition["messages"] == repetition["latency"]["count"]
        assert repetition["rate"] == pytest.approx(repetition["messages"] / repetition["seconds"], rel=0.001)


async def test_open_loop_keeps_its_rate_and_counts_from_the_intended_time(tmp_path):
    result = await run(StandInDesk(), tmp_path, rate=200, seconds=0.5, repetitions=1)
    (repetition,) = result["repetitions"]
    assert repetition["rate"] == pytest.approx(200, rel=0.2)
    assert repetition["send_lag"]["count"] >= repetition["messages"] * 0.8


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("lost", "lost replies|duplicate or out of order|gap"),
        ("ack_lost", "gap"),
        ("wrong", "wrong reply"),
        ("truncated", "wrong reply"),
        ("wrong_id", "another id"),
        ("gap", "a gap"),
        ("repeated_seq", "duplicate or out of order"),
        ("duplicate", "duplicate or out of order"),
        ("duplicate_ack", "nobody waits for|another id"),
        ("duplicate_with_new_seq", "nobody waits for|before its message's ack|gap"),
        ("reply_first", "gap"),
        ("ack_after_nothing", "another id"),
        ("own_message", "own message came back"),
        ("error", "refused"),
        ("no_json", "JSON"),
        ("close", "lost its connection: close frame 1011"),
    ],
)
@pytest.mark.parametrize("depth", [1, 4])
async def test_each_fault_of_a_desk_is_noticed(tmp_path, fault, says, depth):
    with pytest.raises(WrongAnswer) as failure:
        await run(StandInDesk(fault), tmp_path, depth=depth, **UNTIL_NOTICED)
    assert re.search(says, str(failure.value))


async def test_a_reply_lost_at_the_very_end_is_noticed(tmp_path):
    class ForgetsTheLast(StandInDesk):
        def now(self, fault):
            return fault == "lost" and self.received > 300

        def spoil(self, ack, reply, own):
            return [ack] if self.now("lost") else [ack, reply]

    with pytest.raises(WrongAnswer, match="lost replies"):
        await run(ForgetsTheLast(), tmp_path, stall=0.5)


async def test_polling_passes_a_correct_desk(tmp_path):
    result = await run(StandInDesk(), tmp_path, mode="polling")
    assert result["valid"]
    assert result["polls"] >= result["checked_messages"] > 0


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("wrong", "wrong reply"),
        ("duplicate", "nobody waits for"),
        ("gap", "a gap"),
        ("own_text", "own message is another"),
        ("post_wrong_id", "another id"),
        ("lost", "lost replies"),
    ],
)
async def test_each_fault_of_polling_is_noticed(tmp_path, fault, says):
    with pytest.raises(WrongAnswer, match=says):
        await run(StandInDesk(fault, at=50), tmp_path, mode="polling", **UNTIL_NOTICED)


async def test_agents_pass_a_correct_desk(tmp_path):
    result = await run(StandInDesk(), tmp_path, mode="agents", agents=agents_file(tmp_path, 4))
    assert result["valid"]
    assert result["agents"] == 2
    assert result["checked_messages"] > 0


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("agent_lost", "lost replies"),
        ("agent_wrong", "another text"),
        ("agent_duplicate", "the agent got a wrong seq"),
        ("bot_after_take_over", "person has taken over"),
    ],
)
async def test_each_fault_towards_agents_is_noticed(tmp_path, fault, says):
    with pytest.raises(WrongAnswer, match=says):
        await run(
            StandInDesk(fault, at=60),
            tmp_path,
            mode="agents",
            agents=agents_file(tmp_path, 4),
            **UNTIL_NOTICED,
        )


async def test_idle_connections_are_proven_alive(tmp_path):
    result = await run(StandInDesk(), tmp_path, mode="idle", connections=50, hold=0.1)
    assert result["valid"]
    assert result["connects_per_s"] > 0


async def test_a_storm_resumes_every_connection(tmp_path):
    result = await run(StandInDesk(), tmp_path, mode="storm", connections=50)
    assert result["latency"]["count"] == 50


async def test_a_message_missing_from_the_replay_is_noticed(tmp_path):
    with pytest.raises(WrongAnswer, match="a gap"):
        await run(StandInDesk("replay_lost"), tmp_path, mode="storm", connections=10)


def test_histogram_is_right_within_its_buckets():
    rng = random.Random(7)
    values = [round(rng.lognormvariate(13, 2)) for _ in range(20_000)] + [1, 127, 128, 129, 2**33]
    command = [str(generator_path()), "--mode", "histogram"]
    done = subprocess.run(
        command, input="\n".join(map(str, values)), capture_output=True, text=True, check=True
    )
    result = json.loads(done.stdout)
    values.sort()
    assert result["count"] == len(values)
    assert result["max_ms"] == values[-1] / 1e6
    assert result["mean_ms"] == pytest.approx(sum(values) / len(values) / 1e6)
    for name, quantile in (("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99), ("p99_9_ms", 0.999)):
        exact = values[int(quantile * len(values) + 0.999999) - 1] / 1e6
        assert exact <= result[name] <= exact * 1.016 + 1e-6
    edges = [edge for edge, _ in result["buckets"]]
    assert edges == sorted(edges)
    assert sum(count for _, count in result["buckets"]) == len(values)
