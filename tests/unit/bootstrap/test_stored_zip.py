"""The same contents are the same bytes."""

import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from elephant.bootstrap.stored_zip import stored_zip


@given(st.dictionaries(st.text("abc/", min_size=1), st.binary(), max_size=5))
def test_the_same_contents_are_the_same_zip(entries: dict[str, bytes]) -> None:
    made = stored_zip(entries)
    assert made == stored_zip(dict(reversed(entries.items())))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.namelist() == sorted(entries)
        assert {name: archive.read(name) for name in entries} == entries
        assert {info.date_time for info in archive.infolist()} <= {(1980, 1, 1, 0, 0, 0)}
