"""Load your own installation with Locust: visitors by WebSocket, visitors by polling, and agents.

    make locust                                          opens http://localhost:8089 against a running desk
    locust -f benchmarks/locustfile.py --host http://127.0.0.1:8080 --headless -u 200 -r 20 -t 1m

Settings, all from the environment: DESK_SITE (key of the site, `demo`), DESK_AGENT_EMAIL and DESK_AGENT_PASSWORD
(without them no agents come), DESK_THINK_S (mean think time, 8). DESK_RAMP_S=480 plays a working day in eight minutes,
with DESK_PEAK (600) at once in the evening, instead of a fixed number. A desk under load from one address wants
FASTDESK_LIMITS=off.

Response times are from the send to the acknowledgement ("ack") and to the answer ("reply"). For exact figures of
the server itself use `python -m benchmarks run`: Locust's own cost shows in every number here.
"""

from __future__ import annotations

import json
import os
import random
import time
import uuid
from typing import Any

import gevent
import websocket
from gevent.event import AsyncResult
from locust import LoadTestShape, User, constant_pacing, events, task
from locust.contrib.fasthttp import FastHttpUser
from locust.exception import StopUser

SITE = os.environ.get("DESK_SITE", "demo")
THINK_S = float(os.environ.get("DESK_THINK_S", "8"))
AGENT_EMAIL = os.environ.get("DESK_AGENT_EMAIL")
AGENT_PASSWORD = os.environ.get("DESK_AGENT_PASSWORD", "")
RAMP_S = float(os.environ.get("DESK_RAMP_S", "0"))
PEAK = int(os.environ.get("DESK_PEAK", "600"))
REPLY_TIMEOUT_S = 30

QUESTIONS = (
    "你好，请问这个商品什么时候发货？",
    "我想退款，订单已经三天了还没有动静。",
    "可以开发票吗？",
    "尺码偏大还是偏小？",
    "Do you ship to Singapore?",
    "How do I change my delivery address?",
    "优惠券怎么用不了",
    "谢谢！",
)


def think(_: object) -> float:
    """Return a think time: exponential, as people's are, and never longer than five times the mean."""
    return min(random.expovariate(1 / THINK_S), 5 * THINK_S)


def report(name: str, started: float, failure: Exception | None = None, size: int = 0) -> None:
    """Count one exchange in Locust's statistics."""
    events.request.fire(
        request_type="WS",
        name=name,
        response_time=(time.perf_counter() - started) * 1000,
        response_length=size,
        exception=failure,
        context={},
    )


class Socket:
    """One WebSocket to the desk: greeted, its frames handed to `on_frame` by a greenlet of its own."""

    def __init__(self, host: str, token: str) -> None:
        url = host.replace("http", "ws", 1).rstrip("/") + "/v1/ws"
        self._socket = websocket.create_connection(url, timeout=REPLY_TIMEOUT_S)
        self.send(t="hello", token=token)
        self.welcome = self._receive()
        if self.welcome["t"] != "welcome":
            raise ConnectionError(f"greeted with {self.welcome}")
        self._socket.settimeout(None)
        self._reader = gevent.spawn(self._read)

    def on_frame(self, frame: dict[str, Any]) -> None:
        """Take a frame of the desk."""

    def send(self, **frame: Any) -> None:
        self._socket.send(json.dumps(frame, ensure_ascii=False))

    def close(self) -> None:
        self._reader.kill()
        self._socket.close()

    def _receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self._socket.recv())
        return frame

    def _read(self) -> None:
        while True:
            try:
                frame = self._receive()
            except (OSError, ValueError, websocket.WebSocketException) as failure:
                report("connection", time.perf_counter(), failure)
                return
            self.on_frame(frame)


class VisitorSocket(Socket):
    """A visitor's socket; waits for the acknowledgement and the answer of one message at a time."""

    def __init__(self, host: str, token: str) -> None:
        self.acked: AsyncResult[dict[str, Any]] = AsyncResult()
        self.answered: AsyncResult[dict[str, Any]] = AsyncResult()
        self.answered_by_agent: AsyncResult[dict[str, Any]] = AsyncResult()
        self.seq = 0
        super().__init__(host, token)
        self.seq = self.welcome.get("seq", 0)

    def on_frame(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "welcome":  # a new conversation begins
            self.seq = frame["seq"]
        if frame["t"] in ("ack", "message"):
            if frame["seq"] != self.seq + 1:
                report("order", time.perf_counter(), ValueError(f"seq {frame['seq']} after {self.seq}"))
            self.seq = frame["seq"]
        if frame["t"] == "ack":
            self.acked.set(frame)
        elif frame["t"] == "message":
            self.answered.set(frame)
            if frame["from"]["role"] == "agent":
                self.answered_by_agent.set(frame)
        elif frame["t"] == "error":
            self.acked.set_exception(RuntimeError(frame["code"]))

    def say(self, text: str) -> None:
        """Send a message and wait for its acknowledgement, then for its answer, if one comes."""
        self.acked, self.answered = AsyncResult(), AsyncResult()
        started = time.perf_counter()
        self.send(t="send", id=str(uuid.uuid4()), text=text)
        if self._wait("ack", self.acked, started):
            self._wait("reply", self.answered, started)

    def ask_for_a_person(self) -> None:
        """Ask for a person and wait until one has written."""
        started = time.perf_counter()
        self.send(t="human")
        self._wait("agent's word", self.answered_by_agent, started)

    def _wait(self, name: str, result: AsyncResult[dict[str, Any]], started: float) -> bool:
        try:
            frame = result.get(timeout=REPLY_TIMEOUT_S)
        except (gevent.Timeout, RuntimeError) as failure:
            report(name, started, failure if isinstance(failure, Exception) else TimeoutError(name))
            return False
        report(name, started, size=len(frame.get("text", "")))
        return True


class Visitor(User):
    """Chats by WebSocket: asks, thinks, now and then types without sending; sometimes loses the network."""

    weight = 10
    wait_time = think

    def on_start(self) -> None:
        self.admitted = admit(self.host)
        self.connect()

    def on_stop(self) -> None:
        self.socket.close()

    def connect(self) -> None:
        started = time.perf_counter()
        try:
            self.socket = VisitorSocket(self.host, self.admitted["token"])
        except (OSError, websocket.WebSocketException) as failure:
            report("connect", started, failure)
            raise StopUser from failure
        report("connect", started)

    @task(20)
    def ask(self) -> None:
        self.socket.say(random.choice(QUESTIONS))

    @task(4)
    def hesitate(self) -> None:
        self.socket.send(t="typing", on=True)
        gevent.sleep(min(2, THINK_S))
        self.socket.send(t="typing", on=False)

    @task(1 if AGENT_EMAIL else 0)
    def ask_for_a_person(self) -> None:
        self.socket.ask_for_a_person()
        self.socket.close()
        self.on_start()  # the next question is somebody else's

    @task(1)
    def lose_the_network(self) -> None:
        self.socket.close()
        gevent.sleep(min(1, THINK_S))
        self.connect()


class PollingVisitor(FastHttpUser):
    """Chats by HTTP: sends, then asks for news until the answer is there."""

    weight = 3
    wait_time = think

    def on_start(self) -> None:
        admitted = admit(self.host)
        self.headers = {"Authorization": f"Bearer {admitted['token']}"}
        self.seq = admitted["seq"]

    @task
    def ask(self) -> None:
        message = {"id": str(uuid.uuid4()), "text": random.choice(QUESTIONS)}
        with self.client.post(
            "/v1/messages", json=message, headers=self.headers, catch_response=True
        ) as answer:
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}")
                return
            sent = answer.json()["seq"]
        until = time.monotonic() + REPLY_TIMEOUT_S
        while self.seq <= sent and time.monotonic() < until:
            path = f"/v1/events?after={self.seq}&wait=25"
            with self.client.get(
                path, headers=self.headers, name="/v1/events", catch_response=True
            ) as answer:
                if answer.status_code != 200:
                    answer.failure(f"status {answer.status_code}")
                    return
                self.seq = max(
                    [self.seq, *(event["seq"] for event in answer.json()["events"] if "seq" in event)]
                )


class Agent(User):
    """Works at the desk: takes conversations that wait, answers, resolves. Needs DESK_AGENT_EMAIL."""

    weight = 1 if AGENT_EMAIL else 0
    wait_time = constant_pacing(max(1.0, THINK_S / 2))

    def on_start(self) -> None:
        signed_in = call(self.host, "POST", "/v1/login", {"email": AGENT_EMAIL, "password": AGENT_PASSWORD})
        self.token = signed_in["token"]
        self.socket = Socket(self.host, self.token)

    def on_stop(self) -> None:
        self.socket.close()

    @task
    def serve_the_next(self) -> None:
        for item in self._list("queue", "mode=queued")[:1]:
            self.socket.send(t="take", conversation=item["conversation"]["id"])
        for item in self._list("mine", "assignee=me&state=open")[:1]:  # those that the desk gave out, too
            conversation = item["conversation"]["id"]
            self.socket.send(t="typing", on=True, conversation=conversation)
            gevent.sleep(min(2, THINK_S))
            answer = {"id": str(uuid.uuid4()), "text": "您好，我来帮您看一下。"}
            self.socket.send(t="send", conversation=conversation, **answer)
            self.socket.send(t="resolve", conversation=conversation)

    def _list(self, name: str, which: str) -> list[dict[str, Any]]:
        started = time.perf_counter()
        page = call(self.host, "GET", f"/v1/conversations?{which}&limit=5", None, self.token)
        report(name, started)
        items: list[dict[str, Any]] = page["items"]
        return items


def call(host: str, method: str, path: str, body: Any, token: str = "") -> Any:
    """Make one API call outside the statistics."""
    import requests

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.request(
        method, host.rstrip("/") + path, json=body, headers=headers, timeout=REPLY_TIMEOUT_S
    )
    answer.raise_for_status()
    return answer.json()


def admit(host: str) -> Any:
    """Come in as a new visitor."""
    return call(host, "POST", "/v1/visitors", {"site": SITE})


if RAMP_S:

    class WorkingDay(LoadTestShape):
        """A working day in RAMP_S seconds: morning rise, noon peak, dip, evening peak, night."""

        #: (part of the day until which it holds, part of the peak)
        steps = ((0.12, 0.1), (0.25, 0.35), (0.4, 0.85), (0.5, 0.5), (0.75, 1.0), (1.0, 0.1))

        def tick(self) -> tuple[int, float] | None:
            elapsed = self.get_run_time() / RAMP_S
            for until, share in self.steps:
                if elapsed < until:
                    return max(1, round(PEAK * share)), max(1.0, PEAK / RAMP_S * 8)
            return None
