"""Own data for tests: a small CSV file, its mapping, and the file workers map."""

from pathlib import Path

from engine.config.own_data.convert import Converted, Job, convert

MAPPING = """
[fields]
user_id = "card"
amount = "amount"
currency = "currency"
merchant = "shop"
category = { column = "mcc", values = { "5411" = "groceries" }, otherwise = "other" }
timestamp = "when"
"""
LABEL = """
[label]
column = "fraud"
values = { "no" = "legitimate", "yes" = "fraud", "tested" = "card_testing" }
"""
NAMES = "card,amount,currency,shop,mcc,when,fraud"


def rows(count: int, customers: int = 7) -> list[str]:
    """Good rows: row n is n cents over 10, a second after the one before, every tenth fraud."""
    return [
        f"c{n % customers},{10 + n / 100:.2f},EUR,Shop {n % 3},5411,"
        f"2026-01-05T{8 + n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z,"
        f"{'yes' if n % 10 == 9 else 'no'}"
        for n in range(count)
    ]


def write(folder: Path, lines: list[str], mapping: str = MAPPING, names: str = NAMES) -> Job:
    """The files of a conversion."""
    source, toml = folder / "own.csv", folder / "map.toml"
    source.write_text("\n".join([names, *lines]) + "\n", encoding="utf-8")
    toml.write_text(mapping, encoding="utf-8")
    return Job(source, toml, folder / "own.traffic", "own")


def converted(folder: Path, lines: list[str], mapping: str = MAPPING + LABEL, **how) -> Converted:
    """Converted in this folder."""
    return convert(write(folder, lines, mapping), **how)
