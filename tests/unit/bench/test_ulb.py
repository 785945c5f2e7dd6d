import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.__main__ import main
from engine.analysis.sources import read_entries
from engine.bench.ulb import COLUMNS, DIFFERENCES, PUBLISHED, SHA256, UlbResult
from engine.bench.ulb_lines import ulb_lines

EVIDENCE = Path(__file__).parents[3] / "assets" / "evidence" / "ulb.json"


def write_rows(path: Path, rows: int = 2_000, columns=COLUMNS) -> Path:
    draw = np.random.default_rng(1)
    fraud = draw.random(rows) < 0.05
    lines = [",".join(f'"{name}"' for name in columns)]
    for index in range(rows):
        values = draw.normal(fraud[index] * 1.5, size=len(columns) - 2)
        middle = [f"{value:.6f}" for value in values]
        lines.append(",".join([str(index), *middle, str(int(fraud[index]))]))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_another_file_is_refused_by_its_hash_with_what_to_do(tmp_path, capsys):
    assert main(["bench", "ulb", "--csv", str(write_rows(tmp_path / "rows.csv", 50))]) == 104
    said = capsys.readouterr().err
    assert "rows.csv: its SHA-256 must be 76274b69" in said
    assert "284,807 rows" in said
    assert "--any" in said


def test_any_file_of_these_columns_can_be_tested_and_no_published_result_stands_beside_it(
    tmp_path, capsys
):
    rows, out = write_rows(tmp_path / "rows.csv"), tmp_path / "out.json"
    assert main(["bench", "ulb", "--csv", str(rows), "--any", "--json", str(out)]) == 0
    found = msgspec.json.decode(out.read_bytes(), type=UlbResult)
    assert (found.learned_rows, found.tested_rows) == (1_600, 400)
    assert not found.data_is_known
    assert found.published == []
    assert found.auc.low <= found.auc.value <= found.auc.high
    assert found.auc.value > 0.9
    said = capsys.readouterr().out
    assert "NOT the known ULB file" in said
    assert "No published result" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (",".join(COLUMNS) + "\n" + "x," * 30 + "1\n", "could not convert"),
        ("Time,Amount\n1,2\n", "V1 to V28"),
        ("", "must hold the columns"),
        (",".join(COLUMNS) + "\n", "must each hold frauds"),
        (",".join(COLUMNS) + "\n" + ("0," * 30 + "0\n") * 20, "must each hold frauds"),
    ],
)
def test_a_file_of_something_else_is_refused_with_its_name(tmp_path, capsys, text, says):
    path = tmp_path / "odd.csv"
    path.write_text(text)
    assert main(["bench", "ulb", "--csv", str(path), "--any"]) == 104
    said = capsys.readouterr().err
    assert said.startswith(f"{path}: ")
    assert says in said


def test_a_missing_file_is_named(tmp_path, capsys):
    assert main(["bench", "ulb", "--csv", str(tmp_path / "none.csv")]) == 104
    assert "none.csv: cannot be read: no such file" in capsys.readouterr().err


def test_without_lightgbm_it_says_what_to_install(tmp_path):
    (tmp_path / "lightgbm.py").write_text("raise ImportError('no lightgbm here')\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); "
        "from engine.__main__ import main; sys.exit(main(['bench', 'ulb', '--csv', 'x.csv']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 105
    assert "needs LightGBM: no lightgbm here" in done.stderr
    assert "requirements-dev.lock" in done.stderr


def test_the_evidence_is_of_the_known_rows_and_quotes_what_the_presets_hold():
    kept = msgspec.json.decode(EVIDENCE.read_bytes(), type=UlbResult)
    assert kept.data_sha256 == SHA256
    assert (kept.learned_rows, kept.tested_rows) == (227_845, 56_962)
    assert (kept.learned_frauds, kept.tested_frauds) == (417, 75)
    assert kept.differences == list(DIFFERENCES)
    quoted = {entry.id: entry.value for entry in read_entries(PUBLISHED)}
    values = sorted([one.auc for one in kept.published] + [one.recall for one in kept.published])
    assert values == sorted(quoted.values())
    assert len(kept.published) == 5


def test_measured_and_published_figures_stand_apart():
    kept = msgspec.json.decode(EVIDENCE.read_bytes(), type=UlbResult)
    lines = ulb_lines(kept)
    measured, quoted = lines.index("Published by others, quoted"), lines.index("What differs")
    assert f"{kept.auc.value:.4f}" in "\n".join(lines[:measured])
    for one in kept.published:
        assert any(one.name in line and f"{one.auc:.3f}" in line for line in lines[measured:quoted])
        assert not any(one.name in line for line in lines[:measured])
