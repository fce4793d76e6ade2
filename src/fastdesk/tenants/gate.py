"""The gate: from a token to the principal behind it, and agents' sign-ins."""

from msgspec.structs import replace

from fastdesk.model.agent import Agent, ApiKey, SignIn
from fastdesk.model.identity import Principal
from fastdesk.model.ids import TenantId
from fastdesk.observe.clock import Clock, Entropy, new_id, new_secret
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.passwords import hash_password, hash_token, verify_password
from fastdesk.tenants.permissions import PERMISSIONS, permissions_of
from fastdesk.tenants.records import Records
from fastdesk.tenants.second_factor import right_step, without_recovery_code
from fastdesk.tenants.tokens import VisitorTokens

__all__ = ["Gate", "new_agent"]

SIGN_IN_DAYS = 30
_DAY_MS = 86_400_000
_AGENT = "fda"
_KEY = "fdk"
#: How tokens that are kept here begin; a visitor's is a JWT.
_OURS = (f"{_AGENT}_", f"{_KEY}_")


def new_agent(email: str, password: str, *, name: str, role: str, now_ms: int, entropy: Entropy) -> Agent:
    """Make an agent; hashing the password takes tens of milliseconds."""
    return Agent(
        id=new_id(now_ms, entropy),  # type: ignore[arg-type]
        email=email.strip().lower(),
        name=name or email.strip().partition("@")[0],
        role=role,  # type: ignore[arg-type]
        password=hash_password(password),
        created_at=now_ms,
    )


class Gate:
    """Read tokens of visitors, agents and keys; let agents in and out."""

    def __init__(self, records: Records, *, visitors: VisitorTokens, clock: Clock, entropy: Entropy) -> None:
        self.visitors = visitors
        self._records = records
        self._clock = clock
        self._entropy = entropy
        #: The 30 seconds of each agent's last code: one that was overheard must not work again (RFC 6238, 5.2).
        self._used_steps: dict[str, int] = {}

    def principal_of(self, token: str, now_ms: int) -> Principal | Rejection:
        """Return whose token this is, or why it is refused. Agents' tokens and keys can be revoked at any time."""
        if not token.startswith(_OURS):
            return self.visitors.read(token, now_ms=now_ms)
        prefix, _, rest = token.partition("_")
        tenant = TenantId(rest.partition("_")[0])
        known = (
            self._of_agent(tenant, token, now_ms) if prefix == _AGENT else self._of_key(tenant, token, now_ms)
        )
        return known or Rejection("unauthenticated")

    def _of_agent(self, tenant: TenantId, token: str, now_ms: int) -> Principal | None:
        sign_in = self._records.get(SignIn, tenant, "sign_in", hash_token(token))
        if sign_in is None or sign_in.expires_at < now_ms:
            return None
        agent = self._records.get(Agent, tenant, "agent", sign_in.agent)
        if agent is None or not agent.enabled:
            return None
        return Principal(
            kind="agent", tenant=tenant, id=agent.id, name=agent.name, role=agent.role,
            permissions=permissions_of(agent.role), token=sign_in.id, expires_at=sign_in.expires_at,
        )  # fmt: skip

    def _of_key(self, tenant: TenantId, token: str, now_ms: int) -> Principal | None:
        key = self._records.get(ApiKey, tenant, "api_key", hash_token(token))
        if key is None or (key.expires_at and key.expires_at < now_ms):
            return None
        scopes = (
            frozenset(PERMISSIONS) if "*" in key.scopes else frozenset(key.scopes) & frozenset(PERMISSIONS)
        )
        return Principal(
            kind="key",
            tenant=tenant,
            id="key:" + key.hint,
            name=key.name,
            permissions=scopes,
            token=key.id,
            expires_at=key.expires_at,
        )

    def is_good(self, principal: Principal, now_ms: int) -> bool:
        """Tell whether what an open session may do still stands.

        Its sign-in or key may be revoked or over, its agent disabled or of another role.
        """
        if principal.kind == "key":
            key = self._records.get(ApiKey, principal.tenant, "api_key", principal.token)
            return key is not None and (not key.expires_at or key.expires_at > now_ms)
        sign_in = self._records.get(SignIn, principal.tenant, "sign_in", principal.token)
        if sign_in is None or sign_in.expires_at <= now_ms:
            return False
        agent = self._records.get(Agent, principal.tenant, "agent", principal.id)
        return agent is not None and agent.enabled and agent.role == principal.role

    def find_agent(self, email: str, tenant: TenantId | None = None) -> tuple[TenantId, Agent] | None:
        """Return the agent with this address; an address is unique over the installation."""
        wanted = email.strip().lower()
        for each in self._records.tenants():
            if tenant in (None, each.id) and each.enabled:
                for agent in self._records.all(Agent, each.id, "agent"):
                    if agent.email == wanted and agent.enabled:
                        return each.id, agent
        return None

    async def check_password(self, email: str, password: str) -> tuple[TenantId, Agent] | None:
        """Return the agent whose address and password these are; takes the same time when there is none."""
        found = self.find_agent(email)
        is_right = await verify_password(found[1].password if found else None, password)
        return found if is_right else None

    def check_code(self, tenant: TenantId, agent: Agent, code: str) -> bool:
        """Tell whether an agent's second factor is satisfied: there is none, or the code is right and was not used before."""
        if not agent.totp:
            return True
        step = right_step(agent.totp, code, self._clock.now_ms())
        if step is not None and step > self._used_steps.get(agent.id, 0):
            self._used_steps[agent.id] = step
            return True
        left = without_recovery_code(agent.recovery, code)
        if left is None:
            return False
        changed = replace(agent, recovery=left)
        self._records.put(tenant, "agent", changed, actor=agent.id, reason="recovery code")
        return True

    def sign_in(self, tenant: TenantId, agent: Agent, *, address: str, device: str) -> str:
        """Open a sign-in and return its token, which is not kept."""
        now_ms = self._clock.now_ms()
        token = f"{_AGENT}_{tenant}_{new_secret(self._entropy)}"
        record = SignIn(
            id=hash_token(token), agent=agent.id, created_at=now_ms, expires_at=now_ms + SIGN_IN_DAYS * _DAY_MS,
            address=address, device=device[:200],
        )  # fmt: skip
        self._records.put(tenant, "sign_in", record, actor=agent.id)
        return token

    def sign_out(self, tenant: TenantId, sign_in: str, actor: str) -> bool:
        """Revoke a sign-in; its open sessions are cut within two seconds."""
        return self._records.remove(tenant, "sign_in", sign_in, actor=actor) is not None

    def new_key(
        self, tenant: TenantId, name: str, scopes: tuple[str, ...], *, actor: str, days: int = 0
    ) -> tuple[str, ApiKey]:
        """Make an API key; the key itself is returned once and not kept."""
        now_ms = self._clock.now_ms()
        token = f"{_KEY}_{tenant}_{new_secret(self._entropy)}"
        key = ApiKey(
            id=hash_token(token), name=name, hint=token[-6:], scopes=scopes, created_at=now_ms,
            expires_at=now_ms + days * _DAY_MS if days else 0,
        )  # fmt: skip
        self._records.put(tenant, "api_key", key, actor=actor)
        return token, key

    def set_password(self, tenant: TenantId, agent: Agent, hashed: str, *, actor: str) -> None:
        """Store a new password hash and end the agent's other sign-ins."""
        self._records.put(tenant, "agent", replace(agent, password=hashed), actor=actor, reason="password")
        for sign_in in self._records.all(SignIn, tenant, "sign_in"):
            if sign_in.agent == agent.id:
                self._records.remove(tenant, "sign_in", sign_in.id, actor=actor, reason="password")
