"""What all questions on their way through the models share."""

from fastdesk.ai.answer import Screen
from fastdesk.ai.budget import Budgets
from fastdesk.ai.counters import Counters
from fastdesk.ai.limits import RateLimits
from fastdesk.ai.pool import Pool
from fastdesk.ai.provider import Spawn
from fastdesk.ai.tool_round import Perform
from fastdesk.observe.clock import Clock, Entropy

__all__ = ["RunKit"]


class RunKit:
    """Clock, chance and tasks; the pool, limits, budgets and figures; the word filter and the tools."""

    def __init__(
        self,
        *,
        clock: Clock,
        entropy: Entropy,
        spawn: Spawn,
        pool: Pool,
        limits: RateLimits,
        budgets: Budgets,
        counters: Counters,
        screen: Screen,
        perform: Perform | None,
    ) -> None:
        self.clock = clock
        self.entropy = entropy
        self.spawn = spawn
        self.pool = pool
        self.limits = limits
        self.budgets = budgets
        self.counters = counters
        self.screen = screen
        self.perform = perform
