"""The command that runs benchmarks and writes their tables, on tiny benchmarks made here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import HERE, main
from tests.benchmarks.runner import BenchmarkFolder, machine
from tests.benchmarks.tables import documented, table_of

PROJECT = HERE.root / "README.md"

TINY = '''"""Doubles a number: ``python -m made.bench_tiny [N]``."""
import sys
print("twice", 2 * int((sys.argv[1:] or ["1"])[0]))
'''
TABLE = '''"""Prints a table in Markdown."""
print("| a | b |\\n| --- | --- |\\n| 1 | 2 |")
'''
FAILING = '''"""Fails."""
print("begun")
raise SystemExit("the amplifier is on fire")
'''
ABSENT = '''"""Needs data."""
import pytest
pytest.skip("needs data/x.edf of the shared recordings", allow_module_level=True)
'''
README = """# Tables

Before.

<!-- benchmark bench_tiny 3 -->
old table
<!-- end of benchmark -->

Between.

<!-- benchmark bench_tiny 4 -->
old table of 4
<!-- end of benchmark -->

<!-- benchmark bench_failing -->
kept
<!-- end of benchmark -->

After.
"""


@pytest.fixture
def folder(tmp_path: Path) -> BenchmarkFolder:
    made = BenchmarkFolder(tmp_path, "made")
    made.path.mkdir()
    sources = {"tiny": TINY, "table": TABLE, "failing": FAILING, "absent": ABSENT}
    for name, source in sources.items():
        (made.path / f"bench_{name}.py").write_text(source)
    made.readme.write_text(README)
    return made


def test_a_benchmark_runs_with_its_documented_arguments_and_names_machine_date_and_command(
    folder: BenchmarkFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench_tiny"], folder) == 0
    out, err = capfd.readouterr()
    assert (out.count("twice 6\n"), out.count("twice 8\n"), err) == (1, 1, "")
    assert machine() in out
    assert re.search(
        r"^-- 20\d\d-\d\d-\d\d, .*Python 3\.[\d.]+(, load \d+\.\d)?: `uv run python -m made.bench_tiny 3`$",
        out,
        re.MULTILINE,
    )
    assert folder.readme.read_text() == README


def test_machine_names_the_cores_and_the_version_of_python() -> None:
    assert re.fullmatch(r".+, \d+ cores?, Python 3\.\d+\.\d+\S*", machine())


def test_write_replaces_the_tables_of_the_benchmark_and_nothing_else(folder: BenchmarkFolder) -> None:
    assert main(["bench_tiny", "--write"], folder) == 0
    text = folder.readme.read_text()
    assert "old table" not in text
    block = r"bench_tiny {0} -->\n20\d\d-.*`uv run python -m made.bench_tiny {0}`\n\n```text\ntwice {1}\n```\n<!-- end"
    assert re.search(block.format(3, 6), text)
    assert re.search(block.format(4, 8), text)
    for kept in ("# Tables\n\nBefore.\n\n<", "-->\n\nBetween.\n\n<", "-->\nkept\n<", "-->\n\nAfter.\n"):
        assert kept in text


def test_writing_twice_leaves_one_table(folder: BenchmarkFolder) -> None:
    for _ in range(2):
        assert main(["bench_tiny", "bench_table", "--write"], folder) == 0
    text = folder.readme.read_text()
    assert documented(text) == {"bench_tiny": ["3", "4"], "bench_failing": [""], "bench_table": [""]}
    assert text.count("twice") == 2


def test_a_benchmark_without_a_place_in_the_readme_is_added_at_its_end_as_the_table_it_prints(
    folder: BenchmarkFolder,
) -> None:
    assert main(["bench_table", "--write"], folder) == 0
    added = folder.readme.read_text().removeprefix(README.rstrip())
    assert added.startswith("\n\n### `bench_table`\n\n<!-- benchmark bench_table -->\n20")
    assert added.endswith(
        "`uv run python -m made.bench_table`\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n<!-- end of benchmark -->\n"
    )


def test_one_that_fails_or_lacks_its_data_keeps_its_table_and_the_rest_goes_on(
    folder: BenchmarkFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench_failing", "bench_absent", "bench_tiny", "--write"], folder) == 1
    out, err = capfd.readouterr()
    assert err.splitlines() == [
        "bench_failing failed (status 1): the amplifier is on fire",
        "bench_absent was not run: it needs data/x.edf of the shared recordings.",
    ]
    assert "begun" in out
    text = folder.readme.read_text()
    assert "kept" in text
    assert "begun" not in text
    assert "twice 6" in text


def test_a_missing_program_to_compare_with_is_named_with_the_way_to_get_it(
    folder: BenchmarkFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder.path / "bench_tiny.py").write_text("import no_such_peer\n")
    assert main(["bench_tiny"], folder) == 1
    assert (
        "No module named 'no_such_peer'. Programs to compare with come with `uv run --group peers"
        in capfd.readouterr().err
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [("bench_tinny", "Did you mean bench_tiny?"), ("tiny", "Did you mean bench_tiny?"), ("x", "--list")],
)
def test_an_unknown_name_is_one_sentence_and_nothing_runs(
    folder: BenchmarkFolder, capfd: pytest.CaptureFixture[str], name: str, hint: str
) -> None:
    assert main(["bench_tiny", name], folder) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(f"There is no benchmark '{name}'. {hint}")
    assert err.count("\n") == 1


def test_list_names_each_with_arguments_and_purpose_and_runs_nothing(
    folder: BenchmarkFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--list"], folder) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        "bench_absent", "bench_failing", "bench_table", "bench_tiny 3", "bench_tiny 4",
    ]  # fmt: skip
    assert lines[-1].endswith("Doubles a number")


def test_every_table_of_the_readme_is_of_a_benchmark_that_exists() -> None:
    tables = documented(HERE.readme.read_text(encoding="utf-8"))
    assert len(tables) > 15
    assert set(tables) <= set(HERE.names())


def test_every_benchmark_states_its_purpose() -> None:
    assert [name for name in HERE.names() if not HERE.summary(name)] == []


def test_every_table_of_the_readme_names_date_machine_and_the_command_that_printed_it() -> None:
    text = HERE.readme.read_text(encoding="utf-8")
    for name, runs in documented(text).items():
        for arguments in runs:
            block = re.escape(" ".join([name, arguments]).strip())
            by = rf".+, \d+ cores?, Python .+: `uv run python -m tests\.benchmarks\.{block}`"
            assert re.search(rf"<!-- benchmark {block} -->\n20\d\d-\d\d-\d\d, {by}\n\n", text), (
                f"{name} {arguments}: write its table"
            )


def test_each_figure_of_the_projects_readme_stands_in_the_table_of_its_benchmark() -> None:
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \| `(bench_[^`]+)` \|$", PROJECT.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == 5
    for value, run in rows:
        table = table_of(HERE.readme.read_text(encoding="utf-8"), run)
        for number in re.findall(r"\d+(?:\.\d+)?", value):
            assert re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.])", table), f"{number} of {value!r}: not in {run}"
