"""One site's assistant, ready to work: its models made, its prompt compiled, its tools written out."""

from collections.abc import Mapping

from fastdesk.ai.actions import as_tool, offered_tools
from fastdesk.ai.limits import rates_of
from fastdesk.ai.models import Model
from fastdesk.ai.prompt import PromptWriter
from fastdesk.ai.provider import Tool
from fastdesk.ai.settings import AssistantSettings, ToolSettings

__all__ = ["NO_TOOLS", "Offer", "Setup"]


class Offer:
    """The tools that a model is offered, by name and as it sees them."""

    def __init__(self, tools: Mapping[str, ToolSettings]) -> None:
        self.by_name = tools
        self.as_seen: tuple[Tool, ...] = tuple(as_tool(tool) for tool in tools.values())


NO_TOOLS = Offer({})


class Setup:
    """What answering for one site takes."""

    def __init__(self, settings: AssistantSettings, models: tuple[Model, ...]) -> None:
        self.settings = settings
        self.models = models
        self.writer = PromptWriter(settings)
        self.rates = rates_of(settings.limits)
        self.limits_tokens = any(rate.kind == "t" for rate in self.rates)
        self.max_tokens = max((model.settings.max_tokens for model in models), default=0)
        self._offers: dict[frozenset[str], Offer] = {}
        self._for_nobody = Offer(offered_tools(settings, {}))
        self._sources = frozenset(source for tool in settings.tools for source in tool.identity.values())

    def offer(self, identity: Mapping[str, str]) -> Offer:
        """Return the tools for a visitor of whom this is verified; made once for each set of names."""
        if not identity:
            return self._for_nobody
        names = self._sources.intersection(identity)
        offer = self._offers.get(names)
        if offer is None:
            offer = self._offers[names] = Offer(offered_tools(self.settings, identity))
        return offer
