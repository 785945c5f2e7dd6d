"""A CSV file's rows as texts, each with the line it begins at."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from engine.config.own_data.complaints import BadValueError
from engine.config.own_data.mapping import FileFormat
from engine.config.own_data.table import Line, refused
from engine.model.errors import ConfigurationError

LONGEST_LINE = 1_000_000  # characters; a longer one is no CSV


class CsvTable:
    """A CSV file with a line of column names."""

    unit = "{}"

    def __init__(self, path: Path, form: FileFormat) -> None:
        encoding = "utf-8-sig" if form.encoding == "utf-8" else form.encoding
        self._path = path
        self._file = path.open(encoding=encoding, errors="surrogateescape", newline="")
        self._reader = csv.reader(self._lines(self._file), delimiter=form.delimiter)
        try:
            self.columns = [name.strip() for name in next(self._reader)]
        except (StopIteration, csv.Error, ConfigurationError) as error:
            self._file.close()
            raise refused(path, "has no line of column names; is it a CSV file?") from error

    def rows(self) -> Iterator[Line]:
        """All rows; empty lines are none."""
        width = len(self.columns)
        while True:
            line = self._reader.line_num + 1
            try:
                texts = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Line(line, (), BadValueError("row", f"cannot be read: {error}"))
                continue
            if not texts:
                continue
            if len(texts) != width:
                kind = f"must have {width} fields, as the line of names has"
                yield Line(line, (), BadValueError("row", kind, str(len(texts))))
            else:
                yield Line(line, texts)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _lines(self, file: TextIO) -> Iterator[str]:
        count = 0
        while text := file.readline(LONGEST_LINE):
            count += 1
            if len(text) == LONGEST_LINE:
                problem = f"line {count} is longer than {LONGEST_LINE:,} characters"
                raise refused(self._path, f"{problem}; is it a CSV file?")
            yield text
