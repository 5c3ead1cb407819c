"""Whatever can stand in JSON, for what has to take it or refuse it."""

from collections.abc import Callable

from hypothesis import strategies as st

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def is_taken_or_named(parsed: Callable[..., object], name: str, value: object) -> bool:
    """Whether a parser takes this value of a field for one of the field's type, or refuses it by the field's name.

    `parsed` parses an example with these fields changed, and raises ValueError.
    """
    try:
        return isinstance(getattr(parsed(**{name: value}), name), type(getattr(parsed(), name)))
    except ValueError as error:
        return str(error).startswith(f"{name} must be ")
