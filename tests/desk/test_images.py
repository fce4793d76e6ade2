"""Images leave without what they bore besides their pixels."""

import io

import pytest

from fastdesk.desk.images import FORMATS, is_available, rewrite
from fastdesk.errors import Refused

Image = pytest.importorskip("PIL.Image")


def picture(format: str, mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (40, 20), "red" if mode == "RGB" else 3).save(out, format, **options)
    return out.getvalue()


@pytest.mark.parametrize("type", FORMATS)
def test_a_picture_stays_one_and_loses_its_notes(type: str) -> None:
    notes = Image.Exif()
    notes[0x010E] = "Secretstreet 5"
    options = {} if type == "image/gif" else {"exif": notes}
    if type == "image/gif":
        options = {"comment": b"Secretstreet 5"}
    content = picture(FORMATS[type], "P" if type == "image/gif" else "RGB", **options)
    assert b"Secretstreet" in content
    clean = rewrite(content + b"hidden behind", type)
    assert b"Secretstreet" not in clean
    assert b"hidden" not in clean
    with Image.open(io.BytesIO(clean)) as image:
        assert (image.format, image.size) == (FORMATS[type], (40, 20))


def test_a_photo_is_turned_upright_before_it_forgets_how_it_was_held() -> None:
    notes = Image.Exif()
    notes[0x0112] = 6
    with Image.open(io.BytesIO(rewrite(picture("JPEG", exif=notes), "image/jpeg"))) as image:
        assert image.size == (20, 40)


def test_an_animation_keeps_its_frames() -> None:
    frames = [Image.new("P", (10, 10), color) for color in (1, 2, 3)]
    for frame in frames:
        frame.putpalette(bytes(range(256)) * 3)
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=80, comment=b"Secretstreet")
    clean = rewrite(out.getvalue(), "image/gif")
    assert b"Secretstreet" not in clean
    with Image.open(io.BytesIO(clean)) as image:
        assert image.n_frames == 3


@pytest.mark.parametrize("content", [b"\xff\xd8\xff" + b"x" * 50, b"", picture("PNG")[:60], picture("PNG")])
def test_what_is_no_such_picture_is_refused(content: bytes) -> None:
    assert is_available()
    with pytest.raises(Refused):
        rewrite(content, "image/jpeg")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    with pytest.raises(Refused):
        rewrite(out.getvalue(), "image/png")
