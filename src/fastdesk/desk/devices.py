"""What a browser says of itself, in a few words: `Chrome 120 · Windows · desktop`."""

import re
from typing import Final

__all__ = ["device_name"]

#: Pattern → name, the telling ones first: nearly every browser claims to be Safari, and most to be Chrome.
_BROWSERS: Final = (
    (re.compile(r"MicroMessenger/(\d+)"), "WeChat"),
    (re.compile(r"AlipayClient/(\d+)"), "Alipay"),
    (re.compile(r"DingTalk/(\d+)"), "DingTalk"),
    (re.compile(r"\bQQ/(\d+)"), "QQ"),
    (re.compile(r"Edg(?:A|iOS)?/(\d+)"), "Edge"),
    (re.compile(r"OPR/(\d+)"), "Opera"),
    (re.compile(r"UCBrowser/(\d+)"), "UC"),
    (re.compile(r"MQQBrowser/(\d+)"), "QQ Browser"),
    (re.compile(r"HuaweiBrowser/(\d+)"), "Huawei"),
    (re.compile(r"MiuiBrowser/(\d+)"), "MIUI"),
    (re.compile(r"SamsungBrowser/(\d+)"), "Samsung"),
    (re.compile(r"(?:Firefox|FxiOS)/(\d+)"), "Firefox"),
    (re.compile(r"(?:Chrome|CriOS|Chromium)/(\d+)"), "Chrome"),
    (re.compile(r"Version/(\d+)[.\d]* (?:Mobile/\w+ )?Safari"), "Safari"),
    (re.compile(r"(?:MSIE |Trident/.*rv:)(\d+)"), "Internet Explorer"),
)
_SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS", "phone"),
    ("iPhone", "iOS", "phone"),
    ("iPad", "iPadOS", "tablet"),
    ("Android", "Android", ""),
    ("Windows", "Windows", "desktop"),
    ("Mac OS X", "macOS", "desktop"),
    ("CrOS", "ChromeOS", "desktop"),
    ("Linux", "Linux", "desktop"),
)


def device_name(user_agent: str) -> str:
    """Return browser, system and form of a device; the first words where nothing is known, empty for nothing."""
    browser = next(
        (f"{name} {found[1]}" for pattern, name in _BROWSERS if (found := pattern.search(user_agent))), ""
    )
    system, form = next(((name, form) for mark, name, form in _SYSTEMS if mark in user_agent), ("", ""))
    if system == "Android":  # phones say so, tablets don't
        form = "phone" if "Mobile" in user_agent else "tablet"
    known = [part for part in (browser, system, form) if part]
    return " · ".join(known) if known else user_agent.partition(" ")[0][:60]
