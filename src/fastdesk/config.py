"""Settings: one model makes validation, `--help`, docs/configuration.md and the defaults.

Values come from, strongest first: command-line options, the environment (`FASTDESK_NAME`), a `.env` file, a TOML file
(`FASTDESK_CONFIG`, or ./fastdesk.toml), the defaults below.
"""

import difflib
import ipaddress
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from fastdesk.errors import ConfigError

__all__ = ["PREFIX", "Settings", "load_settings"]

PREFIX = "FASTDESK_"
#: Names that are not settings of a running desk: build switches and where the file is.
_OTHER_NAMES = frozenset({"FASTDESK_CONFIG", "FASTDESK_CHECKED", "FASTDESK_ANNOTATE"})
_KNOWN_SECRETS = frozenset({"secret", "changeme", "change-me", "password", "fastdesk", "default", "test"})

_OFFICE = "application/vnd.openxmlformats-officedocument."
_UPLOAD_TYPES = (
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "application/pdf",
    "text/plain",
    "application/zip",
    _OFFICE + "wordprocessingml.document",
    _OFFICE + "spreadsheetml.sheet",
    _OFFICE + "presentationml.presentation",
)

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    """All settings of a desk. Units stand in the names."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True)

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for all.")
    port: Port = Field(8080, description="Port to listen on; 0 picks a free one.")
    data: Path = Field(Path("data"), description="Folder of everything that is stored.")
    store: Literal["sqlite"] = Field("sqlite", description="Kind of store: SQLite in the data folder.")
    broker: Literal["memory"] = Field("memory", description="How nodes talk: in this process only.")
    secret: SecretStr | None = Field(
        None,
        description="Secret of this installation, at least 32 characters; made and kept in the data folder when absent.",
    )
    admin_email: str = Field("admin@example.com", description="Sign-in of the first agent; first start only.")
    admin_password: SecretStr | None = Field(
        None, description="Password of the first agent; first start only, made and printed when absent."
    )
    demo: Path | None = Field(
        None,
        description="Folder of rules, flows, words and articles that the tenant demo is taught at first start.",
    )
    plugins_dir: Path | None = Field(None, description="Folder whose *.py files are loaded as plug-ins.")
    plugin_limit_ms: Annotated[int, Field(ge=10, le=10_000)] = Field(
        250, description="A call of a plug-in that does not come back within this time is broken off."
    )
    durability: Literal["fsync", "os"] = Field(
        "fsync",
        description="When a message is acknowledged: on disk (fsync), or once the operating system has it (os).",
    )
    echo: bool = Field(
        False, description="Serve /v1/echo, which sends back what it gets: for conformance suites."
    )
    gofly: bool = Field(
        False, description="Serve the routes and frames of gofly's clients, behind a sign-in."
    )
    limits: Literal["on", "off"] = Field("on", description="Rate limits; off is for load tests.")
    limit_visitor_per_s: Annotated[float, Field(gt=0)] = Field(
        5.0, description="Frames a second of one visitor."
    )
    limit_visitor_burst: Annotated[int, Field(ge=1)] = Field(
        60, description="Frames that one visitor may send at once."
    )
    limit_agent_per_s: Annotated[float, Field(gt=0)] = Field(
        200.0, description="Frames a second of one agent or API key, over all its connections."
    )
    limit_agent_burst: Annotated[int, Field(ge=1)] = Field(
        1000, description="Frames that one agent or key may send at once."
    )
    limit_address_per_s: Annotated[float, Field(gt=0)] = Field(
        100.0, description="Requests a second of one address prefix."
    )
    limit_address_burst: Annotated[int, Field(ge=1)] = Field(
        500, description="Requests that one prefix may make at once."
    )
    limit_tenant_per_s: Annotated[float, Field(gt=0)] = Field(
        20_000.0, description="Requests a second of one tenant."
    )
    limit_tenant_burst: Annotated[int, Field(ge=1)] = Field(
        40_000, description="Requests of one tenant at once."
    )
    upload_max_bytes: Annotated[int, Field(ge=0, le=1 << 30)] = Field(
        10 << 20, description="Most bytes of one file that a visitor or agent sends; 0: no files."
    )
    upload_quota_bytes: Annotated[int, Field(ge=0)] = Field(
        1 << 30, description="Most bytes of all files of a tenant."
    )
    upload_types: tuple[str, ...] = Field(
        _UPLOAD_TYPES, description="Media types of files that are taken, by what their bytes are."
    )
    max_connections: Annotated[int, Field(ge=0)] = Field(
        0, description="Most connections at a time; 0 takes what the descriptor limit allows."
    )
    max_connections_per_address: Annotated[int, Field(ge=0)] = Field(
        0, description="Most connections of one prefix; 0: no cap."
    )
    tls_certificate: Path | None = Field(
        None, description="PEM file with the certificate chain; turns TLS on."
    )
    tls_key: Path | None = Field(None, description="PEM file with the private key.")
    trusted_proxies: tuple[str, ...] = Field(
        (),
        description="Networks whose X-Forwarded-For and Forwarded headers are believed, such as 10.0.0.0/8.",
    )
    drain_s: Annotated[float, Field(ge=0, le=300)] = Field(
        3.0, description="Seconds over which connections are closed at the end."
    )
    ai_provider: str = Field(
        "openai_http", description="How models are called: openai_http, openai, echo, or a plug-in's name."
    )
    ai_base_url: str | None = Field(None, description="Base URL of an OpenAI-compatible service.")
    ai_api_key: SecretStr | None = Field(
        None, description="Key of that service; OPENAI_API_KEY is taken when absent."
    )
    ai_model: str = Field("gpt-5-mini", description="Model to ask.")
    ai_api_version: str = Field(
        "", description="Version of Azure's interface, for provider openai; the model is the deployment then."
    )
    ai_deadline_ms: Annotated[int, Field(ge=50, le=120_000)] = Field(
        500, description="No first word from the model by then: the rules answer."
    )
    ai_late: Literal["drop", "follow_up"] = Field(
        "drop",
        description="What becomes of an answer that came too late: dropped, or said after the rules' own.",
    )
    ai_stream: bool = Field(True, description="Take answers as streams and show them sentence by sentence.")
    ai_prompt: str = Field(
        "", description="System prompt of sites without their own; {site} and {visitor} are filled in."
    )
    ai_max_tokens: Annotated[int, Field(ge=1, le=100_000)] = Field(
        512, description="Longest answer, in tokens."
    )
    ai_more_models: tuple[dict[str, Any], ...] = Field(
        (),
        description="Models asked when the first fails, as a JSON list in their order: "
        '[{"base_url": …, "model": …, "key": "env:NAME"}].',
    )
    ai_price_in: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Price of a million tokens of a question."
    )
    ai_price_out: Annotated[float, Field(ge=0)] = Field(
        0.0, description="Price of a million tokens of an answer."
    )
    ai_budget_day: Annotated[float, Field(ge=0)] = Field(
        0.0,
        description="Most that each tenant may spend on models a day (UTC), in the currency of the prices; 0: no limit.",
    )
    ai_budget_month: Annotated[float, Field(ge=0)] = Field(0.0, description="The same for a month.")
    ai_visitor_per_minute: Annotated[int, Field(ge=0)] = Field(
        60, description="Questions of one visitor a minute that reach a model; 0: no limit."
    )
    ai_keys: Path | None = Field(
        None,
        description="Folder of key files that models name as file:NAME; those of a tenant in a folder of its id.",
    )
    ai_concurrency: Annotated[int, Field(ge=1, le=10_000)] = Field(
        64, description="Most model calls at a time."
    )
    ai_queue: Annotated[int, Field(ge=0, le=100_000)] = Field(
        1000, description="Most turns that wait for a call."
    )
    embed_base_url: str | None = Field(
        None,
        description="Base URL of an OpenAI-compatible service for embeddings: articles are then found by meaning, too.",
    )
    embed_model: str = Field("text-embedding-3-small", description="Embedding model to ask.")
    embed_api_key: SecretStr | None = Field(None, description="Key of the embedding service.")
    embed_deadline_ms: Annotated[int, Field(ge=10, le=10_000)] = Field(
        300, description="No embedding of a question by then: its words decide alone."
    )
    allow_import: bool = Field(
        False, description="Let owners bring in tenants by API though the installation has several already."
    )
    allow_private_urls: bool = Field(False, description="Let webhooks and rules call private addresses.")
    smtp_url: SecretStr | None = Field(
        None, description="smtp://name:password@host:port (or smtps://) for e-mail notices to agents."
    )
    smtp_from: str = Field("fastdesk@localhost", description="Sender of e-mail notices.")
    public_url: str = Field(
        "", description="Address of this desk in e-mail notices, such as https://desk.example."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe line that is logged."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: console on a terminal, else JSON."
    )
    workers_readers: Annotated[int, Field(ge=1, le=64)] = Field(2, description="Threads that read the store.")

    @field_validator("secret")
    @classmethod
    def _strong_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is None:
            return None
        value = secret.get_secret_value()
        if len(value) < 32 or value.lower() in _KNOWN_SECRETS or len(set(value)) < 8:
            raise ValueError(
                "a secret has at least 32 characters and is not guessable; leave it out and one is made"
            )
        return secret

    @field_validator("trusted_proxies", "upload_types", mode="before")
    @classmethod
    def _split(cls, networks: Any) -> Any:
        return (
            tuple(part.strip() for part in networks.split(",") if part.strip())
            if isinstance(networks, str)
            else networks
        )

    @field_validator("ai_more_models", mode="before")
    @classmethod
    def _models(cls, models: Any) -> Any:
        return json.loads(models) if isinstance(models, str) else models

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ipaddress.ip_network(network)
        return networks

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from `load_settings` only, which reads the sources in their order and knows each one's name."""
        return (init_settings,)


def load_settings(
    environment: Mapping[str, str] | None = None, *, folder: Path = Path(), **options: Any
) -> Settings:
    """Read the settings; `options` are command-line values (None: not given).

    Raises:
        ConfigError: names the setting, what was found and what is expected.
    """
    environment = os.environ if environment is None else environment
    env_file = _read_env_file(folder / ".env")
    values: dict[str, Any] = {}
    values |= _read_toml(environment, folder)
    for source in (env_file, environment):
        values |= _from_names(source)
    if not values.get("ai_api_key") and (
        key := environment.get("OPENAI_API_KEY") or env_file.get("OPENAI_API_KEY")
    ):
        values["ai_api_key"] = key
    values |= {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**values)
    except ValidationError as problem:
        raise _explain(problem) from None


def _from_names(source: Mapping[str, str]) -> dict[str, str]:
    values = {}
    for name, value in source.items():
        if not name.startswith(PREFIX) or name in _OTHER_NAMES:
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in Settings.model_fields:
            raise _unknown(name, [PREFIX + field.upper() for field in Settings.model_fields])
        if value != "":
            values[key] = value
    return values


def _read_env_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    values = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.removeprefix("export ").partition("=")
        if not equals:
            raise ConfigError(f"{path}, line {number} is not NAME=value.", hint="Comments start with #.")
        values[name.strip()] = value.strip().strip("'\"")
    return values


def _read_toml(environment: Mapping[str, str], folder: Path) -> dict[str, Any]:
    named = environment.get("FASTDESK_CONFIG")
    path = Path(named) if named else folder / "fastdesk.toml"
    if not path.is_file():
        if named:
            raise ConfigError(f"The file {path} that FASTDESK_CONFIG names is not there.")
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(f"{path} is not TOML: {problem}.") from problem
    values.pop("plugins", None)  # options of plug-ins have their own models
    for key in values:
        if key not in Settings.model_fields:
            raise _unknown(key, list(Settings.model_fields), f" in {path}")
    return values


def _unknown(name: str, known: list[str], where: str = "") -> ConfigError:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "`fastdesk show-config` lists all settings."
    return ConfigError(f"There is no setting {name}{where}.", hint=hint)


def _explain(problem: ValidationError) -> ConfigError:
    first = problem.errors(include_url=False)[0]
    key = str(first["loc"][0]) if first["loc"] else "?"
    is_secret = key in ("secret", "admin_password", "ai_api_key", "embed_api_key", "smtp_url")
    found = "" if is_secret else f" (found {first['input']!r})"
    field = Settings.model_fields.get(key)
    hint = field.description if field is not None and field.description else ""
    return ConfigError(f"{PREFIX}{key.upper()}: {first['msg']}{found}.", hint=hint)
