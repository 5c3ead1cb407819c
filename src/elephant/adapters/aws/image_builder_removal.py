"""What Image Builder keeps of a stack's images goes again: builds, recipes, components and configurations.

What has one of our names and our tags is ours. An image is its recipe's: both ARNs have the same name and version.
Sources: the Image Builder API reference; "Delete Image Builder resources" (an image's AMIs stay when it is deleted).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.adapters.aws.image_builder import Build, ImageBuilder, filters, listed
from elephant.ports.errors import Permanent, Temporary

_NOT_THERE = frozenset({"ResourceNotFoundException"})


@dataclass(frozen=True, slots=True)
class KeptParts:
    """Of one stack in one region; every method may raise Temporary and Permanent. What is gone is removed already."""

    builder: ImageBuilder
    stack: str

    def recipes(self, names: Sequence[str]) -> list[str]:
        """The ARNs of our recipes of these names."""
        return self._ours("imageRecipeSummaryList", self._client.list_image_recipes, names, owner="Self")

    def components(self, names: Sequence[str]) -> list[str]:
        """The ARNs of our components of these names, one for each build of each version."""
        found: list[str] = []
        for name in names:
            with translating("imagebuilder", f"the components {name}"):
                versions = listed(
                    self._client.list_components, "componentVersionList", owner="Self", filters=filters(name=name)
                )
                for arn in {_version_arn(str(each["arn"])) for each in versions if each.get("name") == name}:
                    builds = listed(
                        self._client.list_component_build_versions, "componentSummaryList", componentVersionArn=arn
                    )
                    found += [str(each["arn"]) for each in builds]
        return [arn for arn in sorted(found) if self._is_ours(arn)]

    def configurations(self, names: Sequence[str]) -> list[str]:
        """The ARNs of our configurations of these names, of either kind."""
        return [
            *self._ours(
                "infrastructureConfigurationSummaryList", self._client.list_infrastructure_configurations, names
            ),
            *self._ours("distributionConfigurationSummaryList", self._client.list_distribution_configurations, names),
        ]

    def cancel(self, build: Build) -> None:
        """End a build that goes on; it takes a while. One that is over is fine."""
        try:
            with translating("imagebuilder", f"the image {build.arn}"):
                self._client.cancel_image_creation(imageBuildVersionArn=build.arn)
        except Permanent:
            if self.builder.look(build.arn).is_ongoing:
                raise

    def delete(self, arn: str) -> None:
        """Delete what has this ARN: an image (not its AMIs), a recipe, a component or a configuration."""
        operation, key = self._deletions()[arn.split(":", 5)[5].partition("/")[0]]
        with translating("imagebuilder", arn):
            try:
                operation(**{key: arn})
            except ClientError as error:
                if code_of(error) not in _NOT_THERE:
                    raise

    def _deletions(self) -> Mapping[str, tuple[Callable[..., object], str]]:
        client = self._client
        return {
            "image": (client.delete_image, "imageBuildVersionArn"),
            "image-recipe": (client.delete_image_recipe, "imageRecipeArn"),
            "component": (client.delete_component, "componentBuildVersionArn"),
            "infrastructure-configuration": (
                client.delete_infrastructure_configuration,
                "infrastructureConfigurationArn",
            ),
            "distribution-configuration": (
                client.delete_distribution_configuration,
                "distributionConfigurationArn",
            ),
        }

    def _ours(self, field: str, operation: Any, names: Sequence[str], **how: str) -> list[str]:  # noqa: ANN401
        found: list[str] = []
        for name in names:
            with translating("imagebuilder", f"what is called {name}"):
                some = list(listed(operation, field, filters=filters(name=name), **how))
            found += [str(each["arn"]) for each in some if each.get("name") == name]
        return [arn for arn in found if self._is_ours(arn)]

    def _is_ours(self, arn: str) -> bool:
        with translating("imagebuilder", arn):
            try:
                answer = self._client.list_tags_for_resource(resourceArn=arn)
            except ClientError as error:
                if code_of(error) in _NOT_THERE:
                    return False
                raise
        if "tags" not in answer:
            # one that has none, and only by chance our name, is not told from an answer that was cut off
            raise Temporary(f"{arn}: nothing is said of its tags, so whose it is nobody knows")
        tags = answer["tags"]
        return bool(tags.get("Project") == "Elephant" and tags.get("Installation") == self.stack)

    @property
    def _client(self) -> Any:  # noqa: ANN401  a client
        return self.builder.client


def _version_arn(arn: str) -> str:
    """The ARN of a version, without the build's number where it has one."""
    before, _, path = arn.partition(":component/")
    name, version, *_ = path.split("/")
    return f"{before}:component/{name}/{version}"
