"""What an owner decides about models: which, in what order, how long to wait, at what cost, how to speak.

Enters: the operator's settings and the `assistant` part of a site's settings, both as plain mappings.
Leaves: frozen Structs. A key never stands in them, only the name of the place where it is kept.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from fastdesk.errors import ConfigError

__all__ = [
    "AssistantSettings",
    "Budget",
    "Keys",
    "Limits",
    "ModelSettings",
    "ToolSettings",
    "read_models",
    "read_settings",
]

_T = TypeVar("_T", bound=Struct)

Milliseconds = Annotated[int, Meta(ge=0, le=3_600_000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
#: Millionths of the owner's currency.
Micro = Annotated[int, Meta(ge=0, le=10**15)]


class ModelSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model at one endpoint."""

    provider: str = "openai_http"
    base_url: Annotated[str, Meta(pattern=r"^https?://[^\s]+$", max_length=500)] = "https://api.openai.com/v1"
    model: Annotated[str, Meta(min_length=1, max_length=200)] = "gpt-5-mini"
    #: Speak to Azure, by this version of its interface; `model` is the deployment there. Only `openai` can.
    api_version: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.\-]*$", max_length=40)] = ""
    #: Where the key is kept: `env:NAME`, `file:NAME`, or empty for a model that needs none.
    key: Annotated[str, Meta(pattern=r"^$|^(env|file):[A-Za-z0-9_.\-]+$", max_length=200)] = ""
    stream: bool = True
    #: Ask for token counts at the end of a stream; some older servers refuse the field.
    stream_usage: bool = True
    #: Give up on this model when its first token takes longer; 0 leaves that to the answer's deadline.
    first_token_ms: Milliseconds = 0
    gap_ms: Annotated[int, Meta(ge=1, le=600_000)] = 5_000
    total_ms: Annotated[int, Meta(ge=1, le=3_600_000)] = 60_000
    connect_ms: Annotated[int, Meta(ge=1, le=60_000)] = 2_000
    max_connections: Annotated[int, Meta(ge=1, le=10_000)] = 1_024
    max_tokens: Annotated[int, Meta(ge=1, le=100_000)] = 512
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    #: Price of a million tokens, in millionths of the owner's currency.
    price_in: Micro = 0
    price_out: Micro = 0
    headers: dict[str, Annotated[str, Meta(pattern=r"^[\x20-\x7e]*$")]] = {}
    #: Further fields of the request's body, as the model's documentation names them.
    extra: dict[str, Any] = {}

    def __post_init__(self) -> None:
        """Refuse what the lean provider would ignore."""
        if self.api_version and self.provider == "openai_http":
            raise ValueError("`api_version` is for provider `openai`, which speaks to Azure")


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many requests and tokens per minute; 0 is no limit."""

    tenant_requests: Count = 0
    tenant_tokens: Count = 0
    site_requests: Count = 0
    site_tokens: Count = 0
    visitor_requests: Count = 60
    visitor_tokens: Count = 0


class Budget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a tenant may spend; 0 is no limit."""

    day: Micro = 0
    month: Micro = 0


class ToolSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool the owner allows: an endpoint that is sent the arguments as JSON. `parameters` is a JSON schema of an object.

    The arguments named in `identity` are not the model's to choose: the server fills them from the verified
    session.
    """

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_\-]{1,64}$")]
    description: Annotated[str, Meta(max_length=1_000)] = ""
    parameters: dict[str, Any] = {}
    identity: dict[str, str] = {}
    side_effect: bool = False
    url: Annotated[str, Meta(pattern=r"^$|^https?://[^\s{}]+$", max_length=2000)] = ""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: dict[str, Annotated[str, Meta(pattern=r"^[\x20-\x7e]*$", max_length=2000)]] = {}
    timeout_ms: Annotated[int, Meta(ge=100, le=10_000)] = 3_000


class AssistantSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the assistant of one site answers. Models are tried in their order."""

    models: tuple[ModelSettings, ...] = ()
    deadline_ms: Annotated[int, Meta(ge=1, le=600_000)] = 500
    #: What becomes of an answer whose first token came after the deadline.
    late: Literal["drop", "follow_up"] = "drop"
    #: The system prompt; `{name}` is replaced by the variable of that name.
    prompt: Annotated[str, Meta(max_length=20_000)] = ""
    #: The language of answers: `auto` is the visitor's own.
    language: Annotated[str, Meta(max_length=35)] = "auto"
    #: Languages that may be answered in; empty allows all. Another language gets the first.
    languages: tuple[Annotated[str, Meta(max_length=35)], ...] = ()
    #: How much of the conversation a model is given: so many messages, and tokens with all the rest of the prompt.
    context_turns: Annotated[int, Meta(ge=0, le=200)] = 16
    context_tokens: Annotated[int, Meta(ge=100, le=1_000_000)] = 3_000
    tools: tuple[ToolSettings, ...] = ()
    #: Names of tools and of the built-in actions that rules allow here.
    allow: tuple[str, ...] = ("hand_off", "not_sure")
    max_tool_rounds: Annotated[int, Meta(ge=0, le=8)] = 3
    #: Keep equal answers so long; 0 keeps none.
    cache_s: Annotated[int, Meta(ge=0, le=86_400)] = 0
    limits: Limits = Limits()
    budget: Budget = Budget()
    mask: tuple[Literal["phone", "id_card", "bank_card", "email"], ...] = (
        "phone",
        "id_card",
        "bank_card",
        "email",
    )


def read_models(values: Iterable[Mapping[str, Any]]) -> tuple[ModelSettings, ...]:
    """Return the models that plain values describe.

    Raises:
        ConfigError: a value is unknown or out of range.
    """
    try:
        return tuple(msgspec.convert(value, ModelSettings) for value in values)
    except msgspec.ValidationError as error:
        raise ConfigError(f"The settings of a model are wrong: {error}.") from None


def read_settings(values: Mapping[str, Any], defaults: AssistantSettings) -> AssistantSettings:
    """Lay a site's own values over the operator's defaults.

    As long as the models are the operator's, and so is the bill, limits and budget may only be made tighter.

    Raises:
        ConfigError: a value is unknown or out of range; the message names its path.
    """
    own = _merge(values, defaults)
    if "models" in values:
        return own
    return replace(
        own, limits=_tighter(own.limits, defaults.limits), budget=_tighter(own.budget, defaults.budget)
    )


def _tighter(own: _T, bound: _T) -> _T:
    """Return the smaller of two figures by name, where 0 is no limit."""
    pairs = {name: (getattr(own, name), getattr(bound, name)) for name in own.__struct_fields__}
    return type(own)(**{name: min(filter(None, pair), default=0) for name, pair in pairs.items()})


def _merge(values: Mapping[str, Any], defaults: AssistantSettings) -> AssistantSettings:
    merged = {**{name: getattr(defaults, name) for name in defaults.__struct_fields__}, **values}
    try:
        return msgspec.convert(msgspec.to_builtins(merged), AssistantSettings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"The assistant's settings are wrong: {error}.") from None


class Keys:
    """Find the secret that a model's settings only name.

    The operator may name any variable or file. A tenant's own model may name only what was put there for
    that tenant: the variable must start with `AI_KEY_<TENANT>__`, the file must lie in the tenant's folder.
    So nobody can have another's key sent to an address of his own choice.

    Args:
        environ: the process's environment.
        read_file: returns the text of a secret file by its relative name (`NAME` or `<tenant>/NAME`).
    """

    def __init__(self, environ: Mapping[str, str], read_file: Callable[[str], str]) -> None:
        self._environ = environ
        self._read_file = read_file

    def key_of(self, model: ModelSettings, tenant: str = "") -> str:
        """Return the key for `model`, as named by the operator (`tenant` empty) or by a tenant.

        Raises:
            ConfigError: there is no such secret, or the tenant may not use it.
        """
        place, _, name = model.key.partition(":")
        if place == "env":
            own = "AI_KEY_" + re.sub(r"[^A-Z0-9]", "_", tenant.upper()) + "__"
            if tenant and not name.startswith(own):
                raise ConfigError(
                    f"{name} is not a key of this tenant.", hint=f"Its name must start with {own}."
                )
            if name not in self._environ:
                raise ConfigError(
                    f"The environment has no {name}.", hint=f"Set it to the key for {model.base_url}."
                )
            return self._environ[name].strip()
        if place == "file":
            if name.startswith(".") or tenant.startswith("."):
                raise ConfigError(f"{name} is no name of a secret file.")
            return self._read_file(f"{tenant}/{name}" if tenant else name).strip()
        return ""
