"""Whether an image can be started on the instance types. Raises InvalidField with what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import InvalidField, Temporary


def require_instance_types(client: Any, region: str, types: Sequence[str]) -> dict[str, list[str]]:  # noqa: ANN401
    """The architectures of each type. Raises InvalidField for a type that the region does not offer.

    Raises Temporary and Permanent as well.
    """
    with translating("ec2", f"the instance types of {region} (instance_types)"):
        try:
            answer = client.describe_instance_types(InstanceTypes=list(types))
        except ClientError as error:
            if code_of(error) in {"InvalidInstanceType", "InvalidParameterValue"}:
                raise InvalidField(
                    "instance_types", f"holds what EC2 does not know: {error.response['Error'].get('Message', '')}"
                ) from error
            raise
        offered = _offered(client, types)
    if "InstanceTypes" not in answer:
        raise Temporary("EC2: the answer about instance types is not whole")
    found = {each["InstanceType"]: each["ProcessorInfo"]["SupportedArchitectures"] for each in answer["InstanceTypes"]}
    missing = [each for each in types if each not in found or each not in offered]
    if missing:
        raise InvalidField("instance_types", f"holds {', '.join(missing)}, not offered in {region}: leave it out")
    return found


def require_image(client: Any, image_id: str, architectures: Mapping[str, Sequence[str]]) -> None:  # noqa: ANN401
    """Raises InvalidField for an image that is missing, not ready or of another architecture than a type.

    Raises Temporary and Permanent as well.
    """
    with translating("ec2", f"the image {image_id} (image_id)"):
        try:
            answer = client.describe_images(ImageIds=[image_id])
        except ClientError as error:
            if code_of(error).startswith("InvalidAMIID."):
                raise InvalidField(
                    "image_id", f"{image_id} does not exist here: check it and the region, or `elephant aws image`"
                ) from error
            raise
    if "Images" not in answer:
        raise Temporary("EC2: the answer about an image is not whole")
    if not answer["Images"]:
        raise InvalidField("image_id", f"{image_id} is not shown to this account: share it, or name another")
    image = answer["Images"][0]
    if image.get("State", "available") != "available":
        raise InvalidField("image_id", f"{image_id} is {image['State']}: wait until it is available, or name another")
    if "Architecture" not in image:
        raise Temporary("EC2: the answer about an image is not whole")
    unfit = [name for name, some in architectures.items() if image["Architecture"] not in some]
    if unfit:
        raise InvalidField(
            "instance_types",
            f"holds {', '.join(unfit)}, which cannot run {image_id}: that is for {image['Architecture']}; leave it out",
        )


def is_of_windows(client: Any, image_id: str) -> bool:  # noqa: ANN401  a client
    """True for an image whose machines run Windows, which costs more. Raises Temporary and Permanent."""
    with translating("ec2", f"the image {image_id} (image_id)"):
        answer = client.describe_images(ImageIds=[image_id])
    if "Images" not in answer:
        raise Temporary("EC2: the answer about an image is not whole")
    return any(each.get("Platform") == "windows" for each in answer["Images"])


def _offered(client: Any, types: Sequence[str]) -> set[str]:  # noqa: ANN401  a client
    request: dict[str, Any] = {
        "LocationType": "region",
        "Filters": [{"Name": "instance-type", "Values": list(types)}],
    }
    found: set[str] = set()
    while True:
        page = client.describe_instance_type_offerings(**request)
        if "InstanceTypeOfferings" not in page:
            raise Temporary("EC2: the answer about offered instance types is not whole")
        found |= {each["InstanceType"] for each in page["InstanceTypeOfferings"]}
        if not page.get("NextToken"):
            return found
        request["NextToken"] = page["NextToken"]
