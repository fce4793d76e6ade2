"""What a dialogue says by itself, in Chinese and English. A flow's own texts come from the flow."""

__all__ = ["WORDING"]

WORDING: dict[str, dict[str, str]] = {
    "cancelled": {"zh": "好的，已取消。", "en": "All right, that is cancelled."},
    "corrected": {"zh": "好的，{label}改为：{value}。", "en": "All right, {label} is now: {value}."},
    "handed": {
        "zh": "好的，为您转接人工客服，请稍候。",
        "en": "All right, I will get a person for you. One moment, please.",
    },
    "gave_up": {
        "zh": "抱歉，我没能弄明白，为您转接人工客服。",
        "en": "Sorry, I could not get that right. I will get a person for you.",
    },
    "unknown_side": {"zh": "这个问题我暂时答不上来。", "en": "I cannot answer that right now."},
}
