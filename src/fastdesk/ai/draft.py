"""The answer of one model as it is being written: checked sentence by sentence, ready to be shown as far as it is checked."""

from fastdesk.ai.answer import Screen, Screened
from fastdesk.ai.guard import PersonalData, mask_personal, may_be_personal
from fastdesk.ai.sentences import Sentences, without_reasoning
from fastdesk.model.ids import TenantId

__all__ = ["Draft"]


class Draft:
    """Collect and check one answer.

    Args:
        screen: the word filter, for what the desk of `tenant` says.
        mask: kinds of personal data to hide.
        known: text whose numbers and addresses may be said: the site's own prompt and passages.
    """

    def __init__(
        self, screen: Screen, tenant: TenantId, *, mask: tuple[PersonalData, ...], known: str
    ) -> None:
        self._screen = screen
        self._tenant = tenant
        self._mask = mask
        self._known = known
        self._sentences: Sentences | None = None
        self._raw: list[str] | None = None
        self._whole = ""
        #: What has been checked so far.
        self.text = ""
        #: What the word filter said of the piece that it stopped.
        self.stopped: Screened | None = None

    @property
    def raw(self) -> str:
        """What the model said, unchecked: for agents only."""
        return self._whole if self._raw is None else "".join(self._raw)

    def feed(self, text: str) -> str:
        """Take what the model says next; return what may be shown of it now, "" when nothing may."""
        if self._sentences is None or self._raw is None:
            self._sentences, self._raw = Sentences(), []
        self._raw.append(text)
        ready = self._sentences.feed(text)
        return self._check(ready) if ready else ""

    def finish(self, whole: str) -> None:
        """Take the whole answer, and check what has not been."""
        if self._sentences is not None:
            rest = self._sentences.finish()
        else:
            self._whole = whole
            rest = without_reasoning(whole)
        if rest:
            self._check(rest)

    def _check(self, piece: str) -> str:
        screened = self._screen(self._tenant, piece, "output")
        if screened.is_stopped:
            self.stopped = screened
            return ""
        checked = screened.text
        if may_be_personal(checked):
            checked = mask_personal(checked, self._mask, known=self._known).text
        self.text = self.text + checked if self.text else checked
        return checked
