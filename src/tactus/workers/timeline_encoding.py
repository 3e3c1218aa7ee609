"""Timelines in the forms that numerical programs read: npz, Arrow, Parquet; and as JSON."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tactus.analysis.options import FileFormat
from tactus.dsp.arrays import Times
from tactus.formats.analysis_json import encoded
from tactus.formats.timelines import ResampledTimeline

JSON_MEMBER = "analysis.json"
"""In an npz, and the key of the same text among an Arrow schema's metadata."""


def packed(fields: Mapping[str, Any], timelines: Sequence[ResampledTimeline], file_format: FileFormat) -> bytes:
    """An analysis with timelines, in one of the forms.

    - json: the fields, and `timelines: {name: {unit, size, grid, values}}`.
    - npz: every timeline under its name, in the shape that it has in JSON; the moments at which the values lie, as
      float64 seconds, once for all timelines that share them; `analysis.json` with all fields, in which `times` of
      each timeline names the array of its moments.
    - arrow, parquet: one row a timeline, `feature, unit, size, times, values`, where `values` has one list for each of
      the `size` values; the fields as JSON in the schema's metadata.

    Args:
        fields: All but the values per frame.
        timelines: What is told over time.
        file_format: File format of the result.
    """
    match file_format:
        case "json":
            return encoded(
                {**fields, "timelines": {one.name: {**one.described, "values": one.values} for one in timelines}}
            )
        case "npz":
            return _npz(fields, timelines)
        case "arrow" | "parquet":
            return _table(fields, timelines, file_format)


def _npz(fields: Mapping[str, Any], timelines: Sequence[ResampledTimeline]) -> bytes:
    moments: dict[str, Times] = {}
    described = {}
    for one in timelines:
        same = (name for name, times_s in moments.items() if np.array_equal(times_s, one.times_s))
        times = next(same, f"times_{len(moments)}" if moments else "times")
        moments.setdefault(times, one.times_s)
        described[one.name] = {**one.described, "times": times}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(JSON_MEMBER), encoded({**fields, "timelines": described}))
        arrays: dict[str, np.ndarray[Any, Any]] = {**moments, **{one.name: one.values for one in timelines}}
        for name, values in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, values, allow_pickle=False)
    return buffer.getvalue()


def _table(fields: Mapping[str, Any], timelines: Sequence[ResampledTimeline], file_format: FileFormat) -> bytes:
    import pyarrow as pa  # noqa: PLC0415  an extra, and slow to load
    import pyarrow.parquet as pq  # noqa: PLC0415

    described = {one.name: one.described for one in timelines}
    schema = pa.schema(
        {
            "feature": pa.string(),
            "unit": pa.string(),
            "size": pa.int32(),
            "times": pa.list_(pa.float64()),
            "values": pa.list_(pa.list_(pa.float32())),
        },
        metadata={JSON_MEMBER: encoded({**fields, "timelines": described})},
    )
    rows = [np.atleast_2d(one.values) for one in timelines]
    table = pa.table(
        [
            [one.name for one in timelines],
            [one.unit for one in timelines],
            [len(values) for values in rows],
            _lists([one.times_s for one in timelines], pa.float64()),
            pa.ListArray.from_arrays(
                np.cumsum([0, *(len(values) for values in rows)], dtype=np.int32),
                _lists([row for values in rows for row in values], pa.float32()),
            ),
        ],
        schema=schema,
    )
    sink = pa.BufferOutputStream()
    if file_format == "parquet":
        pq.write_table(table, sink, compression="none", use_dictionary=False)  # the whole is compressed as it is sent
    else:
        with pa.ipc.new_stream(sink, schema) as stream:
            stream.write_table(table)
    return bytes(sink.getvalue())


def _lists(arrays: Sequence[np.ndarray[Any, Any]], kind: Any) -> Any:
    """Arrays as one Arrow column of lists, without a Python object for every number."""
    import pyarrow as pa  # noqa: PLC0415

    joined = np.concatenate(arrays) if arrays else np.empty(0)
    offsets = np.cumsum([0, *map(len, arrays)], dtype=np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(joined, kind))
