"""Reading answers of any shape: httptools behind limits."""

from __future__ import annotations

from dataclasses import dataclass

import httptools

from engine.load.senders.answer_head import retry_after_seconds

LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 1024 * 1024
RAW_KEPT = 4096


class NotAnAnswerError(Exception):
    """What the target sends is not HTTP, or larger than any answer of a platform."""


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """A complete answer; `raw` is its beginning as received."""

    status: int
    body: bytes
    keeps: bool
    retry_after: float | None
    raw: bytes


class AnswerParser:
    """Reads the answers that come over one connection, usually just one."""

    def __init__(self) -> None:
        self.answers: list[ParsedAnswer] = []
        self._parser = httptools.HttpResponseParser(self)
        self._raw = b""
        self._begun = self._in_body = self._framed = False
        self._begin()

    def feed(self, data: bytes) -> None:
        """Read on; complete answers are appended to `answers`.

        Raises:
            NotAnAnswerError: this is no HTTP answer, or a limit is passed.
        """
        shown = data if self._raw else data.lstrip(b"\r\n")  # blank lines may come before it
        self._raw += shown[: RAW_KEPT - len(self._raw)]
        if not self._in_body:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.answers:
                raise NotAnAnswerError(str(error)) from error
        too_large = self._body_bytes > LARGEST_BODY
        if too_large or (not self._in_body and self._head_bytes > LARGEST_HEAD):
            msg = "the answer is larger than any answer of a platform"
            raise NotAnAnswerError(msg)

    def end(self) -> None:
        """The connection ended: complete the answer whose body lasts until then."""
        if self._in_body and not self._framed:
            self._complete(keeps=False)

    @property
    def between_answers(self) -> bool:
        """Whether nothing of a further answer has been read."""
        return not self._begun

    def _begin(self) -> None:
        self._chunks: list[bytes] = []
        self._head_bytes = self._body_bytes = 0
        self._begun = self._in_body = self._framed = False
        self._retry_after: float | None = None

    def on_message_begin(self) -> None:
        """Called by httptools at the first byte."""
        self._begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by httptools for each field."""
        lower = name.lower()
        if lower == b"content-length":
            self._framed = True
        elif lower == b"transfer-encoding":  # if it is another, the body lasts to the end
            self._framed = value.lower().endswith(b"chunked")
        elif lower == b"retry-after":
            self._retry_after = retry_after_seconds(value)

    def on_headers_complete(self) -> None:
        """Called by httptools at the blank line."""
        self._in_body = True

    def on_body(self, body: bytes) -> None:
        """Called by httptools for each part of the body."""
        self._body_bytes += len(body)
        if self._body_bytes <= LARGEST_BODY:
            self._chunks.append(body)

    def on_message_complete(self) -> None:
        """Called by httptools at the end of an answer."""
        status = self._parser.get_status_code()
        if 100 <= status < 200:  # an interim answer: the real one follows
            self._begin()
            return
        self._complete(keeps=bool(self._parser.should_keep_alive()))

    def _complete(self, *, keeps: bool) -> None:
        self.answers.append(
            ParsedAnswer(
                self._parser.get_status_code(),
                b"".join(self._chunks),
                keeps,
                self._retry_after,
                self._raw,
            )
        )
        self._begin()
