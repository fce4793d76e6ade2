"""What a visitor's widget may know of its site."""

from typing import Any

import msgspec

from fastdesk.model.file import FileLimits
from fastdesk.model.form import Form
from fastdesk.model.site import Site

__all__ = ["site_view"]

#: Told to the widget so that it can say so before sending; enforced by the server.
TEXT_LIMIT = 4000


def site_view(
    site: Site, *, is_open: bool, next_open_ms: int | None, files: FileLimits, forms: dict[str, Form]
) -> dict[str, Any]:
    """Return the public side of a site: texts, looks, forms, features; never its secret or its origins."""
    features = msgspec.structs.asdict(site.features)
    return {
        "key": site.id,
        "name": site.name,
        "locale": site.locale or "auto",
        "texts": {key: text for key, text in msgspec.to_builtins(site.texts).items() if text},
        "theme": msgspec.structs.asdict(site.theme),
        "forms": msgspec.to_builtins(forms),
        "hours": {
            "open": is_open,
            "next_open_ms": next_open_ms,
            "offline": {"hidden": "hide"}.get(site.closed, site.closed),
        },
        "features": {**features, "upload": site.features.upload and files.max_bytes > 0},
        "limits": {"text": TEXT_LIMIT, "upload_bytes": files.max_bytes, "upload_types": list(files.types)},
    }
