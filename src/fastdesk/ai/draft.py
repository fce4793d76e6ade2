"""The answer as it is being written: checked sentence by sentence, shown as far as it is checked."""

from collections.abc import Callable

from fastdesk.ai.answer import Screened
from fastdesk.ai.guard import PersonalData, mask_personal
from fastdesk.ai.sentences import Sentences, without_reasoning

__all__ = ["Draft"]


class Draft:
    """Collect one answer over however many models begin it.

    Args:
        screen: the word filter for what the desk says.
        mask: kinds of personal data to hide.
        known: text whose numbers and addresses may be said: the site's own prompt and passages.
        show: shows a checked piece; `replace` when it takes the place of all pieces so far.
    """

    def __init__(
        self,
        *,
        screen: Callable[[str], Screened],
        mask: tuple[PersonalData, ...],
        known: str,
        show: Callable[[str, bool], None],
    ) -> None:
        self._screen = screen
        self._mask = mask
        self._known = known
        self._show = show
        self._sentences = Sentences()
        self._pieces: list[str] = []
        self._replaces = False
        self.is_streamed = False
        #: What the word filter said of the piece that it stopped.
        self.stopped: Screened | None = None
        self._raw: list[str] = []

    @property
    def text(self) -> str:
        """What has been checked so far."""
        return "".join(self._pieces)

    @property
    def raw(self) -> str:
        """What the model said, unchecked: for agents only."""
        return "".join(self._raw)

    def begin(self) -> None:
        """Begin anew with another model; what was shown stays until its first piece replaces it."""
        self._sentences = Sentences()
        self._pieces.clear()
        self._raw.clear()
        self._replaces = self.is_streamed

    def feed(self, text: str) -> bool:
        """Take what the model says next; return False when the word filter stopped it."""
        self._raw.append(text)
        ready = self._sentences.feed(text)
        if not ready:
            return True
        if not self._check(ready):
            return False
        self._show(self._pieces[-1], self._replaces)
        self._replaces = False
        self.is_streamed = True
        return True

    def finish(self, whole: str) -> bool:
        """Take the whole answer, and check what has not been; return False when the word filter stopped it."""
        if self._raw:
            rest = self._sentences.finish()
        else:
            self._raw.append(whole)
            rest = without_reasoning(whole)
        return self._check(rest) if rest else True

    def _check(self, piece: str) -> bool:
        screened = self._screen(piece)
        if screened.is_stopped:
            self.stopped = screened
            return False
        masked = mask_personal(screened.text, self._mask, keep=self._known.__contains__)
        self._pieces.append(masked.text)
        return True
