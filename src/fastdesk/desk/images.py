"""Write images anew: what else a file bore (place and camera of a photo, hidden content) stays behind."""

import io
import warnings
from typing import Final

from fastdesk.errors import Refused

__all__ = ["FORMATS", "is_available", "rewrite"]

FORMATS: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
_MAX_PIXELS: Final = 50_000_000  # a picture of a good telephone; four bytes each while it is rewritten
_MAX_FRAMES: Final = 500
#: What a picture looks different without.
_KEPT: Final = frozenset({"transparency", "icc_profile", "duration", "loop", "background", "gamma"})


def is_available() -> bool:
    """Tell whether Pillow is installed (the extra `images`)."""
    try:
        import PIL  # noqa: F401 - only whether it is there
    except ImportError:
        return False
    return True


def rewrite(content: bytes, type: str) -> bytes:
    """Return an image of the same format with nothing but its pixels; takes up to a second.

    Raises Refused when it is no such image, or too large to be looked at.
    """
    from PIL import Image, ImageOps

    broken = Refused("invalid", "This image is damaged, or too large.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(content), formats=[FORMATS[type]]) as opened:
                image: Image.Image = opened
                frames = getattr(image, "n_frames", 1)
                if image.width * image.height * frames > _MAX_PIXELS or frames > _MAX_FRAMES:
                    raise broken
                image.load()
                if frames == 1:
                    image = ImageOps.exif_transpose(image)
                image.info = {name: value for name, value in image.info.items() if name in _KEPT}
                quality = {"quality": 88} if type in ("image/jpeg", "image/webp") else {}
                out = io.BytesIO()
                image.save(out, FORMATS[type], save_all=frames > 1, **quality)
                return out.getvalue()
        except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as failure:
            raise broken from failure
