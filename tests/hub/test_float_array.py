"""Arrays of float32 in the API process: exact bytes for binary formats, five decimals for JSON."""

import numpy as np
import orjson
import pytest

from tactus.hub.float_array import FloatArray

DECIMALS = np.round(np.random.default_rng(7).normal(0, 0.3, 5000), 5)


def array(values: object) -> FloatArray:
    return FloatArray(np.asarray(values, "<f4").tobytes())


def test_values_are_the_decimals_that_were_stored() -> None:
    assert array(DECIMALS).decimals == DECIMALS.tolist()


def test_values_have_five_decimals() -> None:
    assert array([0.123456, -0.123456, 2 / 3, 1e-6, -1e-6]).decimals == [0.12346, -0.12346, 0.66667, 0.0, 0.0]


def test_values_beyond_full_scale_are_as_exact_as_float32() -> None:
    """A gain of 60 dB makes samples of up to 1000."""
    loud = np.array([1000.0, -999.12345, 37.5], np.float32)
    assert array(loud).decimals == pytest.approx(loud.astype(float), rel=1e-7)


def test_json_is_what_orjson_writes_of_numpy_arrays() -> None:
    """Clients read the same numbers as if the array had been rounded and written as decimals at once."""
    expected = orjson.dumps(DECIMALS.astype(np.float32), option=orjson.OPT_SERIALIZE_NUMPY)
    assert orjson.dumps(array(DECIMALS).json) == expected


def test_values_that_are_no_number_are_null_in_json() -> None:
    assert orjson.dumps(array([np.nan, 0.5]).json) == b"[null,0.5]"


def test_list_and_json_are_made_once() -> None:
    numbers = array([1.0])
    assert numbers.decimals is numbers.decimals
    assert numbers.text is numbers.text


def test_a_text_that_is_there_is_not_made_again() -> None:
    assert orjson.dumps(FloatArray(array([0.5]).raw, b"[0.50]").json) == b"[0.50]"


def test_of_values_is_little_endian_float32() -> None:
    assert FloatArray.of([1.0, -0.1]).raw == np.array([1.0, -0.1], "<f4").tobytes()


def test_length_is_counted_in_values() -> None:
    assert (len(array([1.0, 2.0, 3.0])), len(FloatArray(b""))) == (3, 0)


def test_half_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="5 bytes"):
        FloatArray(bytes(5))
