"""What everybody has seen, and the laws it must obey. A broken law stops the simulation with a sentence."""

from collections import defaultdict


class BrokenLaw(AssertionError):
    """The desk did what it must never do."""


class Ledger:
    """Compare what visitors, agents and the disk say of every conversation."""

    def __init__(self) -> None:
        self.acked: dict[tuple[str, str], int] = {}
        self.order: dict[str, dict[int, str]] = defaultdict(dict)
        self.tenant_of: dict[str, str] = {}
        self.human_since: dict[str, int] = {}
        self.messages = 0

    def acknowledged(self, conversation: str, sender: str, id: str, seq: int) -> None:
        """Take note of an `ack`: the same message must always have the same number."""
        known = self.acked.setdefault((sender, id), seq)
        if known != seq:
            raise BrokenLaw(f"message {id} was acknowledged as {known} and as {seq}")
        self._place(conversation, seq, id)

    def shown(self, tenant: str, conversation: str, seq: int, id: str, role: str) -> None:
        """Take note of a `message` that somebody of `tenant` was shown."""
        owner = self.tenant_of.setdefault(conversation, tenant)
        if owner != tenant:
            raise BrokenLaw(f"{tenant} was shown a message of {owner}")
        self._place(conversation, seq, id)
        if role == "agent":
            self.human_since[conversation] = min(seq, self.human_since.get(conversation, seq))
        if role in ("bot", "assistant") and seq > self.human_since.get(conversation, seq):
            raise BrokenLaw(
                f"the bot spoke as {seq} after a person had spoken as {self.human_since[conversation]}"
            )
        self.messages += 1

    def _place(self, conversation: str, seq: int, id: str) -> None:
        known = self.order[conversation].setdefault(seq, id)
        if known != id:
            raise BrokenLaw(f"number {seq} of {conversation} stands for {known} and for {id}")

    def audit(self, stored: dict[str, list[tuple[int, str]]]) -> None:
        """Compare with the disk, conversation → (seq, id) in order: dense, once each, nothing acknowledged is missing."""
        where: dict[str, list[int]] = defaultdict(list)
        for conversation, rows in stored.items():
            if [seq for seq, _ in rows] != list(range(1, len(rows) + 1)):
                raise BrokenLaw(f"{conversation} is stored with the numbers {[seq for seq, _ in rows]}")
            for seq, id in rows:
                where[id].append(seq)
                self._place(conversation, seq, id)
        for (_, id), seq in self.acked.items():
            if where[id] != [seq]:
                raise BrokenLaw(f"message {id}, acknowledged as {seq}, is stored as {where[id]}")
