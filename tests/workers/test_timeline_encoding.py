"""The same timelines in every file format."""

import io
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tactus.analysis.options import FileFormat, TimelineOptions
from tactus.analysis.timeline import FeatureTimeline
from tactus.dsp.grid import Grid
from tactus.formats.timelines import ResampledTimeline, resampled_timelines
from tactus.workers.timeline_encoding import JSON_MEMBER, encode_timelines
from tests.fixtures.signals import noise

FIELDS = {"file_hash": "ab" * 32, "bpm": 120.0, "beat_times": np.array([0.25, 0.75])}
FRAMES, LONG_FRAMES = Grid(44100, 2048, 512), Grid(44100, 8192, 4096)


@pytest.fixture
def timelines() -> list[ResampledTimeline]:
    """Timelines of one, of three and of two values per frame, the last on another grid."""
    values = noise(1, 0.2)
    feature_timelines = {
        "one": FeatureTimeline("Hz", FRAMES, 0.0, values[:87, None]),
        "three": FeatureTimeline("dB", FRAMES, 0.0, values[: 3 * 87].reshape(87, 3)),
        "other": FeatureTimeline("", LONG_FRAMES, 0.0, values[:22].reshape(11, 2)),
    }
    return list(resampled_timelines(feature_timelines, TimelineOptions(), beat_times=np.empty(0), duration_s=1.0))


def in_json(timelines: list[ResampledTimeline]) -> dict[str, Any]:
    fields: dict[str, Any] = orjson.loads(encode_timelines(FIELDS, timelines, "json"))
    return fields


def test_json_has_fields_and_values(timelines: list[ResampledTimeline]) -> None:
    fields = in_json(timelines)
    assert fields["beat_times"] == [0.25, 0.75]
    assert list(fields["timelines"]) == ["one", "three", "other"]
    assert fields["timelines"]["one"].keys() == {"unit", "size", "grid", "values"}
    assert np.shape(fields["timelines"]["three"]["values"]) == (3, 87)


def test_npz_has_the_same_values_as_json(timelines: list[ResampledTimeline]) -> None:
    archive = np.load(io.BytesIO(encode_timelines(FIELDS, timelines, "npz")), allow_pickle=False)
    text, fields = orjson.loads(archive[JSON_MEMBER]), in_json(timelines)
    assert {**text, "timelines": None} == {**fields, "timelines": None}
    for one in timelines:
        description, expected = text["timelines"][one.name], fields["timelines"][one.name]
        np.testing.assert_array_equal(archive[one.name], np.asarray(expected.pop("values"), np.float32))
        times_s = archive[description.pop("times")]
        assert description == expected
        assert times_s.dtype == np.float64
        n_frames, hop_s = expected["grid"]["n_frames"], expected["grid"]["hop_length"] / 44100
        np.testing.assert_allclose(times_s, np.arange(n_frames) * hop_s, atol=0.51e-6)
    assert text["timelines"]["one"] != text["timelines"]["other"]
    assert len(archive.files) == 1 + 3 + 2, "features on one grid share their times"


def test_npz_bytes_are_reproducible(timelines: list[ResampledTimeline]) -> None:
    assert encode_timelines(FIELDS, timelines, "npz") == encode_timelines(FIELDS, timelines, "npz")


def table_of(body: bytes, file_format: FileFormat) -> Any:
    if file_format == "parquet":
        return pq.read_table(io.BytesIO(body))
    return pa.ipc.open_stream(io.BytesIO(body)).read_all()


@pytest.mark.parametrize("file_format", ["arrow", "parquet"])
def test_tables_have_a_row_per_timeline(timelines: list[ResampledTimeline], file_format: FileFormat) -> None:
    table, fields = table_of(encode_timelines(FIELDS, timelines, file_format), file_format), in_json(timelines)
    assert orjson.loads(table.schema.metadata[JSON_MEMBER.encode()])["bpm"] == 120.0
    rows = table.to_pylist()
    assert [row["feature"] for row in rows] == ["one", "three", "other"]
    for one, row in zip(timelines, rows, strict=True):
        expected = fields["timelines"][one.name]
        assert (row["unit"], row["size"]) == (expected["unit"], expected["size"])
        assert row["times"] == one.times_s.tolist()
        np.testing.assert_array_equal(
            np.array(row["values"], np.float32), np.atleast_2d(np.array(expected["values"], np.float32))
        )


@pytest.mark.parametrize("file_format", ["json", "npz", "arrow", "parquet"])
def test_files_without_timelines_have_the_fields(file_format: FileFormat) -> None:
    body = encode_timelines(FIELDS, [], file_format)
    match file_format:
        case "json":
            assert orjson.loads(body)["timelines"] == {}
        case "npz":
            assert orjson.loads(np.load(io.BytesIO(body))[JSON_MEMBER])["bpm"] == 120.0
        case _:
            assert table_of(body, file_format).num_rows == 0
