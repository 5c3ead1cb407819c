"""What the tests of the documentation share."""

from tests.support.aws_fixtures import aws_server

__all__ = ["aws_server"]
