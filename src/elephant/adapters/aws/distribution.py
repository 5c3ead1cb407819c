"""The distribution of CloudFront that shows the pages."""

from typing import Any

from elephant.adapters.aws.errors import translating
from elephant.ports.errors import Temporary


def invalidate(client: Any, distribution_id: str, reference: str) -> None:  # noqa: ANN401  a client
    """Let nobody get an old copy of anything; the same `reference` asks once. Raises Temporary and Permanent.

    One path that ends in a star counts as one, of the thousand that are free each month.
    """
    batch = {"CallerReference": reference, "Paths": {"Quantity": 1, "Items": ["/*"]}}
    with translating("cloudfront", f"the distribution {distribution_id}"):
        answer = client.create_invalidation(DistributionId=distribution_id, InvalidationBatch=batch)
    if "Invalidation" not in answer:
        raise Temporary("CloudFront: the answer to an invalidation is not whole")
