"""What moto and botocore find out anew for every request and every session although it stays the same: found out once.

moto lists its own folder and the methods of its classes at each request, and of each part of an answer it works out
all the names that the part could have; botocore reads the models of its services, which are megabytes, for each
session. Together that was half of the time of the tests that play whole meetings. What they answer stays what it was.
"""

import functools

import botocore.session
from moto.core import responses
from moto.core.model import Shape
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
from moto.core.utils import method_names_from_class
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

names_by_moto = XFormedAttributePicker.get_possible_keys
_loader_of_a_session = botocore.session.create_loader
_names: dict[tuple[type, Shape, str], tuple[str, ...]] = {}


class SwiftDispatcher(DomainDispatcherApplication):
    """moto's applications behind one address."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self.get_backend_for_host = functools.cache(self.get_backend_for_host)  # type: ignore[method-assign]


def names(picker: XFormedAttributePicker, context: AttributePickerContext) -> tuple[str, ...]:
    """Those to try for a part of an answer: they follow from the class of the whole and the place in the model."""
    place = (type(context.obj), context.shape, context.key)
    if (known := _names.get(place)) is None:
        known = _names[place] = tuple(dict.fromkeys(names_by_moto(picker, context)))
    return known


def be_swift() -> None:
    """Have both find these out once, in this process."""
    XFormedAttributePicker.get_possible_keys = names  # type: ignore[method-assign, assignment]
    responses.method_names_from_class = functools.cache(method_names_from_class)  # type: ignore[attr-defined]
    # The sessions of one process share what was read, as the clients of one session do.
    botocore.session.create_loader = functools.cache(_loader_of_a_session)
