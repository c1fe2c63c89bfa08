"""``convert`` keeps samples, rate, gaps, pulses and annotations, states what is lost, and overwrites nothing."""

from __future__ import annotations

import json
from pathlib import Path

import edfio
import numpy as np
import pytest

from drivers.recording import Recording
from tests.drivers.formats import binary_writers, library_writers, text_writers
from tests.drivers.formats.specimen import GAP, MARKS, RATE_HZ, SAMPLES, Specimen, specimen
from tests.drivers.playing import samples, write
from tests.support.command_line import command

STEP_UV = {".bdf": 1e-3, ".edf": 0.02, ".csv": 1e-6, ".parquet": 1e-6}


def _needs_library(ending: str) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")


@pytest.mark.parametrize("ending", [".bdf", ".edf", ".csv", ".parquet"])
def test_what_is_written_plays_as_what_was_read(tmp_path: Path, ending: str) -> None:
    _needs_library(ending)
    source, target = binary_writers.rhs(tmp_path, specimen()), tmp_path / f"out{ending}"
    done = command("convert", source, target, "--json")
    assert (done.status, done.err) == (0, "")
    before, after = Recording(source), Recording(target)
    assert after.info.sample_rate_hz == before.info.sample_rate_hz
    assert [(p.sample, p.current_ma, p.width_ms) for p in after.pulses] == [(at, 0.5, 2.0) for at in MARKS]
    uv = samples(before)
    np.testing.assert_allclose(samples(after)[: len(uv)], uv, atol=STEP_UV[ending])
    assert max(json.loads(done.out)["largest_uv"]) <= STEP_UV[ending]


@pytest.mark.parametrize("ending", [".bdf", ".edf", ".parquet"])
def test_a_gap_and_every_annotation_are_kept(tmp_path: Path, ending: str) -> None:
    _needs_library(ending)
    source = text_writers.labchart(tmp_path, specimen(gap_at=2000))
    source.write_text(source.read_text(encoding="cp1252").replace("\r\n", "\n").replace("#* stim", "#* needle in", 1))
    assert command("convert", source, tmp_path / f"out{ending}").status == 0
    after = Recording(tmp_path / f"out{ending}")
    first, second = after.take(SAMPLES), after.take(SAMPLES)
    assert first is not None
    assert second is not None
    assert (len(first.samples), second.first_sample, second.lost_before) == (2000, 2000 + GAP, GAP)
    assert [(a.text, round(a.onset_s * RATE_HZ)) for a in after.annotations if not a.text.startswith("BAD")] == [
        ("needle in", MARKS[0]), ("stim", MARKS[1]), ("stim", MARKS[2] + GAP),
    ]  # fmt: skip


def test_a_table_refuses_a_gap_and_leaves_no_file(tmp_path: Path) -> None:
    source = library_writers.edf(tmp_path, specimen(gap_at=2000))
    done = command("convert", source, tmp_path / "out.csv")
    assert (done.status, done.is_one_sentence) == (1, True)
    assert "name out.bdf or .parquet instead" in done.err
    assert not (tmp_path / "out.csv").exists()


def test_the_pulses_of_a_trigger_channel_are_kept_with_the_muscle_at_its_own_rate(tmp_path: Path) -> None:
    line = np.zeros(SAMPLES * 5)
    line[[at * 5 for at in MARKS]] = 1e6
    muscle = edfio.BdfSignal(specimen().uv[:, 0], RATE_HZ, label="EMG", physical_dimension="uV")
    beside = edfio.BdfSignal(specimen().uv[:, 1], RATE_HZ, label="Trigger copy", physical_dimension="uV")
    fast = edfio.BdfSignal(line, RATE_HZ * 5, label="TTL", physical_dimension="uV")
    edfio.Bdf([fast, muscle, beside]).write(tmp_path / "a.bdf")
    done = command("convert", tmp_path / "a.bdf", tmp_path / "out.bdf")
    assert "left out of" in done.out
    assert "'TTL' (a trigger line)" in done.out
    after = Recording(tmp_path / "out.bdf", every_channel=True)
    assert (after.info.sample_rate_hz, [c.name for c in after.info.channels]) == (RATE_HZ, ["EMG 1", "Trigger copy"])
    assert [pulse.sample for pulse in after.pulses] == list(MARKS)


def test_parquet_has_every_sample_and_text(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    what = specimen(gap_at=2000)
    source = library_writers.edf(tmp_path, what)
    assert command("convert", source, tmp_path / "out.parquet").status == 0
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.column("sample").to_pylist() == what.numbers.tolist()
    np.testing.assert_array_equal(table.column("EMG L (uV)").to_numpy(), samples(Recording(source))[:, 0])
    marked = [n for n, text in enumerate(table.column("annotation").to_pylist()) if text == "stim"]
    assert marked == list(MARKS)


@pytest.mark.parametrize("ending", [".bdf", ".edf", ".csv", ".parquet"])
def test_the_durations_of_annotations_are_kept_and_info_shows_them(tmp_path: Path, ending: str) -> None:
    _needs_library(ending)
    notes = [edfio.EdfAnnotation(0.5, None, "stim"), edfio.EdfAnnotation(0.5, 0.25, "rest, eyes closed")]
    notes += [edfio.EdfAnnotation(1.0, 0.5, "rest, eyes closed")]
    muscle = edfio.BdfSignal(specimen().uv[:, 0], RATE_HZ, label="EMG", physical_dimension="uV")
    edfio.Bdf([muscle], annotations=notes).write(tmp_path / "a.bdf")
    done = command("convert", tmp_path / "a.bdf", tmp_path / f"out{ending}")
    assert (done.status, "Note" in done.out) == (0, False)
    after = [(each.onset_s, each.duration_s, each.text) for each in Recording(tmp_path / f"out{ending}").annotations]
    assert sorted(after) == [(0.5, 0.0, "stim"), (0.5, 0.25, "rest, eyes closed"), (1.0, 0.5, "rest, eyes closed")]
    shown = command("info", tmp_path / f"out{ending}").out
    assert "'rest, eyes closed' 2 times, 0.75 s in all" in shown


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    source = text_writers.table(tmp_path, specimen())
    kept = write(tmp_path / "out.bdf", b"something else")
    done = command("convert", source, kept)
    assert (done.status, done.is_one_sentence) == (2, True)
    assert kept.read_bytes() == b"something else"


@pytest.mark.parametrize(
    ("source", "target", "status", "expected"),
    [
        ("none.edf", "out.bdf", 1, "there is no file"),
        ("a.csv", "out.mat", 2, "its ending names the format"),
        ("a.csv", "nowhere/out.bdf", 2, "There is no folder"),
        ("foreign.bin", "out.bdf", 1, "is not a recording this program can read"),
    ],
)
def test_what_cannot_be_converted_is_refused_in_a_sentence(
    tmp_path: Path, source: str, target: str, status: int, expected: str
) -> None:
    text_writers.table(tmp_path, specimen())
    write(tmp_path / "foreign.bin", b"\x89PNG\r\n\x1a\n\0\0\0")
    done = command("convert", tmp_path / source, tmp_path / target)
    assert (done.status, done.is_one_sentence, expected in done.err) == (status, True, True)
    assert not (tmp_path / target).exists()


def test_a_full_disk_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("guidance.journal.files.write_all", full)
    done = command("convert", text_writers.table(tmp_path, specimen()), tmp_path / "out.bdf")
    assert (done.status, done.is_one_sentence) == (1, True)
    assert not (tmp_path / "out.bdf").exists()


def test_a_channel_without_a_range_is_not_clipped_at_its_own_largest_value(tmp_path: Path) -> None:
    large = Specimen(specimen().uv * 2000)
    assert command("convert", text_writers.table(tmp_path, large), tmp_path / "out.bdf").status == 0
    block = Recording(tmp_path / "out.bdf").take(SAMPLES)
    assert block is not None
    assert not any(block.clipped)
    np.testing.assert_allclose(block.samples, large.uv, atol=0.1)


@pytest.mark.slow
def test_mne_types_every_muscle_as_emg_and_keeps_its_side(tmp_path: Path) -> None:
    mne = pytest.importorskip("mne")
    rows = "time_s,Tibialis anterior left_uv,VastMed L_uv,channel 3_uv\n" + "".join(
        f"{i / 1000},{i},1,2\n" for i in range(900)
    )
    source = write(tmp_path / "a.csv", rows.encode())
    for ending, read in ((".bdf", mne.io.read_raw_bdf), (".edf", mne.io.read_raw_edf)):
        assert command("convert", source, tmp_path / f"out{ending}").status == 0
        raw = read(tmp_path / f"out{ending}", infer_types=True, verbose="ERROR")
        assert raw.get_channel_types() == ["emg"] * 3
        assert raw.ch_names[:2] == ["TibiaAnter L", "VastMed L"]
