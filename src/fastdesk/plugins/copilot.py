"""Help agents write: a draft, another wording, a translation, a summary, shown to the session that asked and to nobody else."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastdesk.ai import Answer, Assistant, CopilotAsk, Question, Result, Setup, Window, unmarked
from fastdesk.hub.live import Live
from fastdesk.hub.session import Session
from fastdesk.model.ids import TenantId, VisitorId
from fastdesk.model.site import Site
from fastdesk.observe.clock import Clock
from fastdesk.observe.tasks import Tasks
from fastdesk.plugins.contexts import Contexts
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Copilot, Delta

__all__ = ["CopilotPort", "FindConversation"]

FindConversation = Callable[[TenantId, str], Awaitable[Live | None]]


class _SessionPort:
    """Show pieces to one session."""

    def __init__(self, session: Session, frame: Copilot) -> None:
        self._session = session
        self._frame = frame

    def show(self, text: str, *, replace: bool = False, done: bool = False) -> None:
        if not self._session.closed:
            self._session.send(Delta(self._frame.turn, text, replace, done, self._frame.conversation))

    def thinking(self, note: str = "") -> None:
        """An agent sees that by the empty draft."""


class CopilotPort:
    """Carry out `copilot` frames."""

    def __init__(
        self,
        *,
        assistant: Assistant,
        setup: Callable[[TenantId, Site], Setup | None],
        find: FindConversation,
        contexts: Contexts,
        tasks: Tasks,
        clock: Clock,
        note: Callable[[Live, str, str, str, dict[str, Any]], None],
    ) -> None:
        self._assistant = assistant
        self._setup = setup
        self._find = find
        self._contexts = contexts
        self._tasks = tasks
        self._clock = clock
        self._note = note

    def run(self, session: Session, frame: Copilot) -> Rejection | None:
        """Begin to help; pieces and the end follow as deltas of the frame's `turn`."""
        self._tasks.spawn(self.help(session, frame), "copilot")
        return None

    async def help(self, session: Session, frame: Copilot) -> None:
        """Help to the end: the last thing that the session hears is a delta that is `done`, or a refusal."""
        began_ns = self._clock.now_ns()
        principal = session.principal
        assert principal is not None
        live = await self._find(principal.tenant, frame.conversation)
        setup = None if live is None else self._setup(principal.tenant, live.site)
        if live is None or setup is None or not setup.models:
            session.refuse(
                Rejection("not_found", "There is no such conversation, or no model to ask."),
                frame.conversation,
            )
            return
        said: Window | None = None
        if frame.task in ("draft", "summarise"):
            said = await self._contexts.recent(live)
        ask = CopilotAsk(
            kind=frame.task,
            text=frame.text,
            language=frame.language or (live.visitor.language if frame.task == "draft" else ""),
            agent_language=live.site.locale or "zh",
            said=said,
            passages=self._contexts.find_passages(principal.tenant, _last(said))
            if frame.task == "draft"
            else (),
        )
        question = Question(
            tenant=principal.tenant,
            site=live.site.id,
            visitor=VisitorId(principal.id),
            conversation=live.conversation.id,
            turn=frame.turn,
            text=frame.text,
            received_ns=began_ns,
        )
        port = _SessionPort(session, frame)
        result = await self._assistant.copilot(ask, question, setup, port)
        self._charge(live, principal.id, frame.task, result)
        if isinstance(result, Answer):
            port.show(result.text, replace=True, done=True)
        elif not session.closed:
            port.show("", replace=True, done=True)
            session.refuse(
                Rejection("retry_later", f"The assistant has no answer: {result.reason}."), frame.conversation
            )

    def _charge(self, live: Live, agent: str, task: str, result: Result) -> None:
        """Note with the conversation what it cost, for reports; nobody sees it in the talk."""
        if live.is_opened and (result.tokens_in or result.tokens_out or result.cost_micro):
            spent: dict[str, Any] = {"by": "copilot", "task": task}
            if isinstance(result, Answer):
                spent |= {"model": result.model, "total_ms": result.total_ms}
            else:
                spent |= {"assistant": result.reason}
            spent |= {
                "tokens_in": result.tokens_in,
                "tokens_out": result.tokens_out,
                "cost_micro": result.cost_micro,
            }
            self._note(live, "spent", agent, "", spent)


def _last(said: Window | None) -> str:
    lines = [] if said is None else said.newest(len(said), 1 << 62)[0]
    return next((unmarked(line.content) for line in reversed(lines) if line.role == "user"), "")
