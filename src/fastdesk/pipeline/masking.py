"""Hide phone, card and identity numbers and mail addresses from agents and keys without the right to see them."""

from typing import Any, Final, get_args

import msgspec

from fastdesk.ai.guard import PersonalData, mask_personal
from fastdesk.model.identity import Principal
from fastdesk.protocol.codec import SUBPROTOCOLS, Codec
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Inbound, Outbound
from fastdesk.tenants.permissions import may

__all__ = ["is_personal", "mask", "mask_text", "masked_codec", "must_mask"]

_KINDS: Final[tuple[PersonalData, ...]] = get_args(PersonalData)


def must_mask(principal: Principal) -> bool:
    """Tell whether personal data is hidden from somebody; visitors see their own."""
    return principal.kind != "visitor" and not may(principal, "visitor.unmasked")


def mask_text(text: str) -> str:
    """Return a text with labels in place of personal data."""
    return mask_personal(text, _KINDS).text


def is_personal(text: str) -> bool:
    """Tell whether a text holds personal data."""
    return bool(mask_personal(text, _KINDS).kinds)


def mask(value: Any) -> Any:
    """Return `value` as the plain data of its JSON, with every text in it masked."""
    return _mask(msgspec.json.decode(msgspec.json.encode(value)))


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        return {name: _mask(each) for name, each in value.items()}
    return [_mask(each) for each in value] if isinstance(value, list) else value


class _MaskedCodec(Codec):
    """Encode frames without personal data."""

    def __init__(self, inner: Codec) -> None:
        self._inner = inner
        self.name = inner.name
        self.is_text = inner.is_text

    def decode(self, payload: bytes) -> Inbound | Rejection:
        return self._inner.decode(payload)

    def encode(self, frame: Outbound) -> bytes:
        return self._inner.encode(mask(frame))


_MASKED: Final = {name: _MaskedCodec(codec) for name, codec in SUBPROTOCOLS.items()}


def masked_codec(codec: Codec) -> Codec:
    """Return the codec of the same sub-protocol that masks; one for all sessions, so that they share what is encoded."""
    return _MASKED[codec.name]
