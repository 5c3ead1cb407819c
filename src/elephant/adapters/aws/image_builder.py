"""EC2 Image Builder: components and recipes named by their content, and an image as it comes into being.

Components and recipes never change: another content is another version, so what is there already is the same.
Sources: the Image Builder API reference and botocore's model of it, which makes up a token for every call of ours that
has none; "Semantic versioning in Image Builder" for what a version may be.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from elephant.adapters.aws.errors import code_of, translating
from elephant.ports.errors import Temporary

_THERE_ALREADY = frozenset({"ResourceAlreadyExistsException", "InvalidVersionNumberException"})
_NOT_THERE = frozenset({"ResourceNotFoundException"})
_ONGOING = frozenset({"PENDING", "CREATING", "BUILDING", "TESTING", "DISTRIBUTING", "INTEGRATING"})
_HEX_OF_A_NODE = 7
"""A node of a version is below 2^30: seven hexadecimal digits fit."""


def version_of(content: object) -> str:
    """The version of this content: `1.` and 56 bits of its hash."""
    text = content if isinstance(content, str) else json.dumps(content, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"1.{int(digest[:_HEX_OF_A_NODE], 16)}.{int(digest[_HEX_OF_A_NODE : 2 * _HEX_OF_A_NODE], 16)}"


@dataclass(frozen=True, slots=True)
class Build:
    """An image as it is now; `image_id` once it is there, `failure` says where it failed and why."""

    arn: str
    status: str
    image_id: str = ""
    failure: str = ""

    @property
    def is_ongoing(self) -> bool:
        """It is neither there nor has it failed."""
        return self.status in _ONGOING

    @property
    def is_there(self) -> bool:
        """Machines can be started from it."""
        return self.status == "AVAILABLE" and bool(self.image_id)

    @property
    def log(self) -> tuple[str, str]:
        """The group and the stream of its log in CloudWatch."""
        name, version, number = self.arn.partition(":image/")[2].split("/")
        return f"/aws/imagebuilder/{name}", f"{version}/{number}"


@dataclass(frozen=True, slots=True)
class ImageBuilder:
    """Image Builder in one region; every method may raise Temporary and Permanent."""

    client: Any
    region: str

    def component(self, request: Mapping[str, Any]) -> str:
        """The ARN of the component with this content, made where there is none; `request` lacks its version."""
        request = {**request, "semanticVersion": version_of(dict(request))}
        return self._once("component", request, self._find_component, self.client.create_component)

    def recipe(self, request: Mapping[str, Any]) -> str:
        """The ARN of the recipe with this content, made where there is none; `request` lacks its version."""
        request = {**request, "semanticVersion": version_of(dict(request))}
        return self._once("image recipe", request, self._find_recipe, self.client.create_image_recipe)

    def infrastructure(self, request: Mapping[str, Any]) -> str:
        """The ARN of the configuration of this name, made or brought to what is asked for."""
        listing = ("infrastructureConfigurationSummaryList", self.client.list_infrastructure_configurations)
        return self._kept(
            "infrastructureConfigurationArn",
            request,
            listing,
            self.client.create_infrastructure_configuration,
            self.client.update_infrastructure_configuration,
        )

    def distribution(self, request: Mapping[str, Any]) -> str:
        """The ARN of the configuration of this name, made or brought to what is asked for."""
        listing = ("distributionConfigurationSummaryList", self.client.list_distribution_configurations)
        return self._kept(
            "distributionConfigurationArn",
            request,
            listing,
            self.client.create_distribution_configuration,
            self.client.update_distribution_configuration,
        )

    def newest_build(self, recipe_arn: str) -> Build | None:
        """The image that was made last by this very recipe; None where none was."""
        return max(self.builds(recipe_arn), key=lambda each: int(each.arn.rpartition("/")[2]), default=None)

    def builds(self, recipe_arn: str) -> list[Build]:
        """Every image that was made, or begun, by this very recipe."""
        image = recipe_arn.replace(":image-recipe/", ":image/")
        with translating("imagebuilder", f"the images of {recipe_arn}"):
            try:
                found = list(listed(self.client.list_image_build_versions, "imageSummaryList", imageVersionArn=image))
            except ClientError as error:
                if code_of(error) not in _NOT_THERE:
                    raise
                return []
        return [self._build(each) for each in found]

    def start(self, recipe_arn: str, infrastructure_arn: str, distribution_arn: str, token: str) -> str:
        """Begin an image and return its ARN; the same `token` again is the same image."""
        with translating("imagebuilder", f"an image of {recipe_arn}"):
            answer = self.client.create_image(
                imageRecipeArn=recipe_arn,
                infrastructureConfigurationArn=infrastructure_arn,
                distributionConfigurationArn=distribution_arn,
                imageTestsConfiguration={"imageTestsEnabled": True, "timeoutMinutes": 90},
                clientToken=token,
            )
        return _whole(answer, "imageBuildVersionArn")

    def look(self, arn: str) -> Build:
        """The image as it is now."""
        with translating("imagebuilder", f"the image {arn}"):
            answer = self.client.get_image(imageBuildVersionArn=arn)
        if "arn" not in answer.get("image", {}):
            raise Temporary(f"the image {arn}: the answer is not whole")
        return self._build(answer["image"])

    def step(self, arn: str) -> str:
        """What goes on in an image's workflow at the moment; "" where nothing is told of it."""
        with translating("imagebuilder", f"the steps of {arn}"):
            for workflow in listed(
                self.client.list_workflow_executions, "workflowExecutions", imageBuildVersionArn=arn
            ):
                if workflow.get("status") != "RUNNING":
                    continue
                execution = workflow.get("workflowExecutionId", "")
                pages = listed(self.client.list_workflow_step_executions, "steps", workflowExecutionId=execution)
                return next((str(each.get("name", "")) for each in pages if each.get("status") == "RUNNING"), "")
        return ""

    def _build(self, image: Mapping[str, Any]) -> Build:
        state = image.get("state", {})
        amis = image.get("outputResources", {}).get("amis", [])
        ours = next((ami["image"] for ami in amis if ami.get("region") == self.region and ami.get("image")), "")
        return Build(str(image["arn"]), str(state.get("status", "")), str(ours), _failure(state))

    def _once(self, what: str, request: Mapping[str, Any], find: Any, create: Any) -> str:  # noqa: ANN401  operations
        name = f"the {what} {request['name']} {request['semanticVersion']}"
        with translating("imagebuilder", name):
            if found := find(request):
                return str(found)
            try:
                answer = create(**request)
            except ClientError as error:
                if code_of(error) not in _THERE_ALREADY or not (found := find(request)):
                    raise
                return str(found)
        return _whole(answer, "componentBuildVersionArn" if what == "component" else "imageRecipeArn")

    def _find_component(self, request: Mapping[str, Any]) -> str:
        named = filters(name=request["name"], version=request["semanticVersion"])
        pages = listed(self.client.list_components, "componentVersionList", owner="Self", filters=named)
        return next((str(each["arn"]) for each in pages if each.get("version") == request["semanticVersion"]), "")

    def _find_recipe(self, request: Mapping[str, Any]) -> str:
        named = filters(name=request["name"])
        pages = listed(self.client.list_image_recipes, "imageRecipeSummaryList", owner="Self", filters=named)
        ending = f"/{request['semanticVersion']}"
        return next((str(each["arn"]) for each in pages if str(each["arn"]).endswith(ending)), "")

    def _kept(self, key: str, request: Mapping[str, Any], listing: Any, create: Any, update: Any) -> str:  # noqa: ANN401
        field, operation = listing
        name = request["name"]
        with translating("imagebuilder", f"the configuration {name}"):
            pages = listed(operation, field, filters=filters(name=name))
            arn = next((str(each["arn"]) for each in pages if each.get("name") == name), "")
            if not arn:
                return _whole(create(**request), key)
            told = {each: value for each, value in request.items() if each not in {"name", "tags"}}
            update(**told, **{key: arn})
        return arn


def listed(operation: Any, field: str, **request: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401  an operation
    """Everything under `field` in the answers to a listing; raises Temporary for an answer that is not whole."""
    following: dict[str, Any] = {}
    while True:
        page = operation(**request, **following)
        if "requestId" not in page:  # there is one in every answer, however little was found
            raise Temporary(f"Image Builder: the answer to {field} is not whole")
        yield from page.get(field, [])
        if not page.get("nextToken"):
            return
        following = {"nextToken": page["nextToken"]}


def _failure(state: Mapping[str, Any]) -> str:
    """Where an image failed and why: of the document's step where there is one, else of the workflow's."""
    context = state.get("failureContext", {})
    component = context.get("componentFailure", {})
    if component:
        where = f"{component.get('phaseName', '?')}/{component.get('stepName', '?')} ({component.get('action', '?')})"
        return f"{where}: {component.get('errorMessage') or state.get('reason', '')}"
    failed = context.get("failedStep")
    return f"{failed}: {state.get('reason', '')}" if failed else str(state.get("reason", ""))


def filters(**values: str) -> list[dict[str, Any]]:
    """Of a listing: what has these values."""
    return [{"name": name, "values": [value]} for name, value in values.items()]


def _whole(answer: Mapping[str, Any], key: str) -> str:
    if key not in answer:
        raise Temporary(f"Image Builder: the answer lacks {key}")
    return str(answer[key])
