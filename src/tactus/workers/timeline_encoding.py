"""Encoding of timelines for numerical programs: npz, Arrow, Parquet; and as JSON."""

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
"""Name of the JSON document in an npz file, and its key in the metadata of an Arrow schema."""


def encode_timelines(
    fields: Mapping[str, Any], timelines: Sequence[ResampledTimeline], file_format: FileFormat
) -> bytes:
    """Encode an analysis with timelines as bytes of a file format.

    - json: the fields, and `timelines: {name: {unit, size, grid, values}}`.
    - npz: every timeline under its name, in the shape that it has in JSON; the times of the values, float64 in
      seconds, once for all timelines that share them; `analysis.json` with all fields, in which `times` of each
      timeline is the name of the array of its times.
    - arrow, parquet: one row per timeline, `feature, unit, size, times, values`, where `values` has one list for each
      of the `size` values; the fields as JSON in the metadata of the schema.

    Args:
        fields: Fields of the analysis except values per frame.
        timelines: Values per frame, resampled as requested.
        file_format: File format of the result.
    """
    match file_format:
        case "json":
            return encoded(
                {
                    **fields,
                    "timelines": {item.name: {**item.header_fields(), "values": item.values} for item in timelines},
                }
            )
        case "npz":
            return _npz(fields, timelines)
        case "arrow" | "parquet":
            return _table(fields, timelines, file_format)


def _npz(fields: Mapping[str, Any], timelines: Sequence[ResampledTimeline]) -> bytes:
    time_arrays: dict[str, Times] = {}
    descriptions = {}
    for timeline in timelines:
        equal = (name for name, times_s in time_arrays.items() if np.array_equal(times_s, timeline.times_s))
        times_name = next(equal, f"times_{len(time_arrays)}" if time_arrays else "times")
        time_arrays.setdefault(times_name, timeline.times_s)
        descriptions[timeline.name] = {**timeline.header_fields(), "times": times_name}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(JSON_MEMBER), encoded({**fields, "timelines": descriptions}))
        arrays: dict[str, np.ndarray[Any, Any]] = {**time_arrays, **{item.name: item.values for item in timelines}}
        for name, values in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, values, allow_pickle=False)
    return buffer.getvalue()


def _table(fields: Mapping[str, Any], timelines: Sequence[ResampledTimeline], file_format: FileFormat) -> bytes:
    import pyarrow as pa  # noqa: PLC0415  an optional dependency, and slow to load
    import pyarrow.parquet as pq  # noqa: PLC0415

    descriptions = {item.name: item.header_fields() for item in timelines}
    schema = pa.schema(
        {
            "feature": pa.string(),
            "unit": pa.string(),
            "size": pa.int32(),
            "times": pa.list_(pa.float64()),
            "values": pa.list_(pa.list_(pa.float32())),
        },
        metadata={JSON_MEMBER: encoded({**fields, "timelines": descriptions})},
    )
    rows = [np.atleast_2d(item.values) for item in timelines]
    table = pa.table(
        [
            [item.name for item in timelines],
            [item.unit for item in timelines],
            [len(values) for values in rows],
            _list_column([item.times_s for item in timelines], pa.float64()),
            pa.ListArray.from_arrays(
                np.cumsum([0, *(len(values) for values in rows)], dtype=np.int32),
                _list_column([row for values in rows for row in values], pa.float32()),
            ),
        ],
        schema=schema,
    )
    sink = pa.BufferOutputStream()
    if file_format == "parquet":
        pq.write_table(table, sink, compression="none", use_dictionary=False)  # the response is compressed as a whole
    else:
        with pa.ipc.new_stream(sink, schema) as stream:
            stream.write_table(table)
    return bytes(sink.getvalue())


def _list_column(arrays: Sequence[np.ndarray[Any, Any]], value_type: Any) -> Any:
    """Arrow column of lists, one per array, without a Python object for every number."""
    import pyarrow as pa  # noqa: PLC0415

    joined = np.concatenate(arrays) if arrays else np.empty(0)
    offsets = np.cumsum([0, *map(len, arrays)], dtype=np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(joined, value_type))
