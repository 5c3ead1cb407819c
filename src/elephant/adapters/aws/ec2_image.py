"""What has to be known of the image before an instance of it is asked for."""

import threading
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from elephant.adapters.aws.ec2_instances import whole
from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import Permanent

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client


class Image:
    """The image that all machines start from; read once in a process, since an image never changes."""

    def __init__(self, client: "EC2Client", image_id: str) -> None:
        self._client = client
        self._image_id = image_id
        self._root_device_name: str | None = None
        self._lock = threading.Lock()

    def root_device_name(self) -> str:
        """Such as `/dev/sda1`; another name would add a second, empty disk instead. Raises Temporary and Permanent."""
        with self._lock:
            if self._root_device_name is None:
                self._root_device_name = self._read()
            return self._root_device_name

    def _read(self) -> str:
        resource = f"the image {self._image_id} (AMI_ID)"
        with translating("ec2", resource):
            try:
                answer = self._client.describe_images(ImageIds=[self._image_id])
            except ClientError as error:
                if not code_of(error).startswith("InvalidAMIID."):
                    raise
                raise Permanent(f"{resource} does not exist; check that setting, the region and the account") from error
        with whole("DescribeImages"):
            images = answer["Images"]
            if not images:
                raise Permanent(f"{resource} is not shown to this account; share it, or check that setting")
            return images[0]["RootDeviceName"]
