"""Settings that a room would not take are refused when they are written, with what is wrong."""

from typing import Any

import pytest

from fastdesk.errors import Refused
from fastdesk.plugins.site_settings import check_settings


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"assistant": {"models": [{"model": "a"}], "deadline_ms": 500}},
        {"routing": {"order": "manual"}},
        {"notify": {"emails": ["desk@shop.example"]}},
        {"bot": {"outside": True}},
        {"dify": {"base_url": "https://api.dify.ai/v1", "key": "env:AI_KEY_DEMO__DIFY"}},
        {"loyalty_points": {"anything": [1]}, "crm": "a plug-in's own"},
    ],
)
def test_what_its_room_takes_is_taken_and_so_is_what_plugins_read(settings: dict[str, Any]) -> None:
    check_settings(settings)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"assistant": {"bogus": 1}}, "bogus"),
        ({"assistant": "on"}, "settings.assistant"),
        ({"knowledge": {"answer_at": "high"}}, "answer_at"),
        ({"routing": {"order": "fastest"}}, "fastest"),
        ({"notify": {"emails": ["no address"]}}, "emails"),
        ({"bot": {"outsid": True}}, "outsid"),
        ({"dify": {"base_url": "https://api.dify.ai/v1", "key": "app-secret"}}, "key"),
        ({"fastgpt": 5}, "settings.fastgpt"),
        ({"asistant": {}}, "Did you mean 'assistant'"),
    ],
)
def test_what_its_room_would_not_take_is_refused_by_name(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        check_settings(settings)
    assert refused.value.code == "invalid"
    assert "app-secret" not in str(refused.value)
