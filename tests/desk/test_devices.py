"""What a browser says of itself, in a few words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.desk.devices import device_name

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (WINDOWS, "Chrome 120 · Windows · desktop"),
        (WINDOWS + " Edg/120.0.2210.91", "Edge 120 · Windows · desktop"),
        (PHONE + " Version/17.1 Mobile/15E148 Safari/604.1", "Safari 17 · iOS · phone"),
        (PHONE + " Mobile/15E148 MicroMessenger/8.0.44(0x18002c2f)", "WeChat 8 · iOS · phone"),
        (
            "Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36",
            "Chrome 119 · Android · tablet",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
            "Firefox 120 · Linux · desktop",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_devices_are_told_apart(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name


@given(st.text(max_size=600))
def test_whatever_is_said_gives_a_short_name(user_agent: str) -> None:
    assert len(device_name(user_agent)) <= 100
