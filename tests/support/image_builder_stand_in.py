"""A stand-in for EC2 Image Builder on loopback; moto has none.

Requests and answers are checked against botocore's service model. Nothing is built and nothing takes time: each look at
an image (GetImage) is a step of its coming into being.

Known: a version of a component or a recipe that is there is refused; so is a recipe of a component that is not there,
and a configuration with an instance profile that is not there (User Guide and API reference). The same client token is
the same request, and with other contents refused. A component of a recipe and an image that is still built cannot be
deleted; a cancelled build ends in a while (API reference: DeleteComponent, DeleteImage, CancelImageCreation).
"""
# ruff: noqa: N803  arguments have the names that the API gives them

import json
import re
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import botocore.session

from tests.support.aws_stand_in import AwsStandIn
from tests.support.service_model import problems_of_answer, problems_of_request

if TYPE_CHECKING:
    from collections.abc import Callable

REGION, ACCOUNT = "eu-central-1", "123456789012"
_ARN = f"arn:aws:imagebuilder:{REGION}:{ACCOUNT}"
_SERVICE = botocore.session.get_session().get_service_model("imagebuilder")
_OPERATIONS = {_SERVICE.operation_model(name).http["requestUri"]: name for name in _SERVICE.operation_names}
_PAGE = 2
"""Small, so that whoever lists has to turn pages."""
WAY = ("PENDING", "CREATING", "BUILDING", "TESTING", "DISTRIBUTING", "AVAILABLE")
_OVER = {"AVAILABLE", "CANCELLED", "FAILED"}
_STEPS = {"BUILDING": "ApplyBuildComponents", "TESTING": "ApplyTestComponents"}


class Refusal(Exception):
    """One of Image Builder's errors."""

    def __init__(self, code: str, message: str = "the stand-in was told to") -> None:
        super().__init__(message)
        self.code = code
        self.status = _SERVICE.shape_for(code).metadata["error"]["httpStatusCode"]


class ImageBuilderStandIn(AwsStandIn):
    """A context manager; `url` is its endpoint, for AWS_ENDPOINT_URL_IMAGEBUILDER.

    `profiles` tells whether an instance profile is there. `way` are the states of the images to come, in order, and
    `ends` is what the last of them has in its `state` beside. Its faults: `hang`, `lose` (carried out, without an
    answer), `empty` (an answer without content), or an error's code.
    """

    def __init__(self) -> None:
        super().__init__("images", _handler_of(self))
        self.profiles: Callable[[str], bool] = lambda _: True
        self.forget()

    def forget(self) -> None:
        """Be as at the beginning."""
        self.forget_calls()
        self.components: dict[str, dict[str, Any]] = {}
        self.recipes: dict[str, dict[str, Any]] = {}
        self.infrastructures: dict[str, dict[str, Any]] = {}
        self.distributions: dict[str, dict[str, Any]] = {}
        self.images: dict[str, dict[str, Any]] = {}
        self.way: tuple[str, ...] = WAY
        self.ends: dict[str, Any] = {}
        self._tokens: dict[str, tuple[str, dict[str, Any]]] = {}

    def answer(self, path: str, body: bytes) -> tuple[int, str, dict[str, Any]] | None:
        """Status, error code and content; None where there is to be no answer."""
        parts = urlsplit(path)
        if parts.path.startswith("/tags/"):
            operation, request = "ListTagsForResource", {"resourceArn": unquote(parts.path.removeprefix("/tags/"))}
        else:
            operation = _OPERATIONS[parts.path]
            request = json.loads(body) if body else dict(parse_qsl(parts.query))
        fault = self._called(operation)
        if fault == "hang":
            return None
        with self._lock:
            try:
                _refuse(fault)
                content = self._carry_out(operation, request)
            except Refusal as refusal:
                return refusal.status, refusal.code, {"message": str(refusal)}
        if fault == "lose":
            return None
        return 200, "", {} if fault == "empty" else content

    def _carry_out(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.complaints += problems_of_request("imagebuilder", operation, request)
        token = request.get("clientToken", "")
        before = self._tokens.get(token)
        if before:
            if before[0] != json.dumps(request, sort_keys=True):
                raise Refusal("IdempotentParameterMismatchException")
            return before[1]
        name = re.sub(r"(?<=[a-z])([A-Z])", r"_\1", operation).lower()
        answer: dict[str, Any] = getattr(self, f"_{name}")(**request)
        if operation != "ListTagsForResource":
            answer["requestId"] = "one"
        self.complaints += problems_of_answer("imagebuilder", operation, answer)
        if token:
            self._tokens[token] = (json.dumps(request, sort_keys=True), answer)
        return answer

    # --- one operation each ---------------------------------------------------------------------------------------

    def _create_component(self, name: str, semanticVersion: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
        arn = f"{_ARN}:component/{_in_arn(name)}/{semanticVersion}/1"
        if arn in self.components:
            raise Refusal("InvalidVersionNumberException", f"{arn} exists")
        self.components[arn] = {"name": name, "version": semanticVersion, **told}
        return {"componentBuildVersionArn": arn}

    def _create_image_recipe(self, name: str, semanticVersion: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
        arn = f"{_ARN}:image-recipe/{_in_arn(name)}/{semanticVersion}"
        if arn in self.recipes:
            raise Refusal("ResourceAlreadyExistsException", f"{arn} exists")
        for each in told["components"]:
            if each["componentArn"] not in self.components:
                raise Refusal("InvalidRequestException", f"there is no {each['componentArn']}")
        self.recipes[arn] = {"name": name, **told}
        return {"imageRecipeArn": arn}

    def _create_infrastructure_configuration(self, name: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
        arn = f"{_ARN}:infrastructure-configuration/{_in_arn(name)}"
        if arn in self.infrastructures:
            raise Refusal("ResourceAlreadyExistsException", f"{arn} exists")
        self._want_profile(told["instanceProfileName"])
        self.infrastructures[arn] = {"name": name, **told}
        return {"infrastructureConfigurationArn": arn}

    def _update_infrastructure_configuration(self, infrastructureConfigurationArn: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
        self._want_profile(told["instanceProfileName"])
        kept = _kept(self.infrastructures[infrastructureConfigurationArn])
        self.infrastructures[infrastructureConfigurationArn] = {**kept, **told}
        return {"infrastructureConfigurationArn": infrastructureConfigurationArn}

    def _create_distribution_configuration(self, name: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
        arn = f"{_ARN}:distribution-configuration/{_in_arn(name)}"
        if arn in self.distributions:
            raise Refusal("ResourceAlreadyExistsException", f"{arn} exists")
        self.distributions[arn] = {"name": name, **told}
        return {"distributionConfigurationArn": arn}

    def _update_distribution_configuration(self, distributionConfigurationArn: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
        kept = _kept(self.distributions[distributionConfigurationArn])
        self.distributions[distributionConfigurationArn] = {**kept, **told}
        return {"distributionConfigurationArn": distributionConfigurationArn}

    def _create_image(self, imageRecipeArn: str, **told: Any) -> dict[str, Any]:  # noqa: ANN401
        for kind, known in (("infrastructure", self.infrastructures), ("distribution", self.distributions)):
            if told[f"{kind}ConfigurationArn"] not in known:
                raise Refusal("InvalidRequestException", f"there is no {told[f'{kind}ConfigurationArn']}")
        if imageRecipeArn not in self.recipes:
            raise Refusal("InvalidRequestException", f"there is no {imageRecipeArn}")
        of_recipe = imageRecipeArn.replace(":image-recipe/", ":image/")
        number = 1 + sum(arn.startswith(f"{of_recipe}/") for arn in self.images)
        arn = f"{of_recipe}/{number}"
        self.images[arn] = {"arn": arn, "version": of_recipe.rpartition("/")[2], "looks": 0}
        return {"imageBuildVersionArn": arn}

    def _cancel_image_creation(self, imageBuildVersionArn: str, clientToken: str) -> dict[str, Any]:
        image = self._there(self.images, imageBuildVersionArn)
        if self._status(image) in _OVER:
            raise Refusal("InvalidRequestException", f"{imageBuildVersionArn} is over")
        image.setdefault("looks_until_cancelled", 2)
        return {"imageBuildVersionArn": imageBuildVersionArn, "clientToken": clientToken}

    def _delete_image(self, imageBuildVersionArn: str) -> dict[str, Any]:
        if self._status(self._there(self.images, imageBuildVersionArn)) not in _OVER:
            raise Refusal("InvalidRequestException", f"{imageBuildVersionArn} is still built")
        del self.images[imageBuildVersionArn]
        return {"imageBuildVersionArn": imageBuildVersionArn}

    def _delete_image_recipe(self, imageRecipeArn: str) -> dict[str, Any]:
        self._there(self.recipes, imageRecipeArn)
        del self.recipes[imageRecipeArn]
        return {"imageRecipeArn": imageRecipeArn}

    def _delete_component(self, componentBuildVersionArn: str) -> dict[str, Any]:
        self._there(self.components, componentBuildVersionArn)
        for arn, recipe in self.recipes.items():
            if componentBuildVersionArn in [each["componentArn"] for each in recipe["components"]]:
                raise Refusal("ResourceDependencyException", f"{arn} has it")
        del self.components[componentBuildVersionArn]
        return {"componentBuildVersionArn": componentBuildVersionArn}

    def _delete_infrastructure_configuration(self, infrastructureConfigurationArn: str) -> dict[str, Any]:
        self._there(self.infrastructures, infrastructureConfigurationArn)
        del self.infrastructures[infrastructureConfigurationArn]
        return {"infrastructureConfigurationArn": infrastructureConfigurationArn}

    def _delete_distribution_configuration(self, distributionConfigurationArn: str) -> dict[str, Any]:
        self._there(self.distributions, distributionConfigurationArn)
        del self.distributions[distributionConfigurationArn]
        return {"distributionConfigurationArn": distributionConfigurationArn}

    def _list_tags_for_resource(self, resourceArn: str) -> dict[str, Any]:
        known = self.components | self.recipes | self.infrastructures | self.distributions
        tags = self._there(known, resourceArn).get("tags")
        return {"tags": tags} if tags else {}

    def _list_component_build_versions(
        self, componentVersionArn: str, nextToken: str = "0", **_: object
    ) -> dict[str, Any]:
        found = [{"arn": arn} for arn in self.components if arn.startswith(f"{componentVersionArn}/")]
        return _page("componentSummaryList", found, nextToken)

    def _there(self, known: dict[str, dict[str, Any]], arn: str) -> dict[str, Any]:
        if arn not in known:
            raise Refusal("ResourceNotFoundException", f"there is no {arn}")
        return known[arn]

    def _get_image(self, imageBuildVersionArn: str) -> dict[str, Any]:
        image = self.images[imageBuildVersionArn]
        image["looks"] += 1
        return {"image": self._seen(image)}

    def _list_image_build_versions(self, imageVersionArn: str, nextToken: str = "0", **_: object) -> dict[str, Any]:
        found = [self._seen(image) for arn, image in self.images.items() if arn.startswith(f"{imageVersionArn}/")]
        return _page("imageSummaryList", found, nextToken)

    def _list_components(self, filters: list[dict[str, Any]], nextToken: str = "0", **_: object) -> dict[str, Any]:
        found = [
            {"arn": arn, "name": each["name"], "version": each["version"]} for arn, each in self.components.items()
        ]
        return _page("componentVersionList", _chosen(found, filters), nextToken)

    def _list_image_recipes(self, filters: list[dict[str, Any]], nextToken: str = "0", **_: object) -> dict[str, Any]:
        found = [{"arn": arn, "name": each["name"]} for arn, each in self.recipes.items()]
        return _page("imageRecipeSummaryList", _chosen(found, filters), nextToken)

    def _list_infrastructure_configurations(
        self, filters: list[dict[str, Any]], nextToken: str = "0", **_: object
    ) -> dict[str, Any]:
        found = [{"arn": arn, "name": each["name"]} for arn, each in self.infrastructures.items()]
        return _page("infrastructureConfigurationSummaryList", _chosen(found, filters), nextToken)

    def _list_distribution_configurations(
        self, filters: list[dict[str, Any]], nextToken: str = "0", **_: object
    ) -> dict[str, Any]:
        found = [{"arn": arn, "name": each["name"]} for arn, each in self.distributions.items()]
        return _page("distributionConfigurationSummaryList", _chosen(found, filters), nextToken)

    def _list_workflow_executions(self, imageBuildVersionArn: str, **_: object) -> dict[str, Any]:
        status = self._status(self.images[imageBuildVersionArn])
        running = [{"workflowExecutionId": "wf-00000000-0000-0000-0000-000000000001", "status": "RUNNING"}]
        return {"workflowExecutions": running if status in _STEPS else []}

    def _list_workflow_step_executions(self, workflowExecutionId: str, **_: object) -> dict[str, Any]:
        assert workflowExecutionId.startswith("wf-")
        status = next(self._status(image) for image in reversed(self.images.values()))
        return {
            "steps": [
                {"name": "LaunchBuildInstance", "status": "COMPLETED"},
                {"name": _STEPS.get(status, ""), "status": "RUNNING"},
            ]
        }

    def _status(self, image: dict[str, Any]) -> str:
        if image.get("looks_until_cancelled") == 0:
            return "CANCELLED"
        return self.way[min(image["looks"], len(self.way)) - 1] if image["looks"] else self.way[0]

    def _seen(self, image: dict[str, Any]) -> dict[str, Any]:
        if image.get("looks_until_cancelled"):
            image["looks_until_cancelled"] -= 1
        status = self._status(image)
        seen: dict[str, Any] = {"arn": image["arn"], "version": image["version"], "state": {"status": status}}
        if status == self.way[-1]:
            seen["state"] |= self.ends
        if status == "AVAILABLE":
            number = image["arn"].rpartition("/")[2]
            made = image.get("ami", f"ami-{int(number):017x}")
            seen["outputResources"] = {"amis": [{"region": REGION, "image": made}]}
        return seen

    def _want_profile(self, name: str) -> None:
        if not self.profiles(name):
            raise Refusal("InvalidRequestException", f"The instance profile {name} does not exist")


def _refuse(fault: str) -> None:
    if fault not in {"", "lose", "empty"}:
        raise Refusal(fault)


def _kept(before: dict[str, Any]) -> dict[str, Any]:
    """What no update changes: its requests have neither."""
    return {name: before[name] for name in ("name", "tags") if name in before}


def _in_arn(name: str) -> str:
    return name.lower().replace(" ", "-")


def _chosen(found: list[dict[str, Any]], filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in found if all(each[chosen["name"]] in chosen["values"] for chosen in filters)]


def _page(field: str, found: list[dict[str, Any]], token: str) -> dict[str, Any]:
    start = int(token)
    more = {"nextToken": str(start + _PAGE)} if len(found) > start + _PAGE else {}
    return {field: found[start : start + _PAGE], **more}


def _handler_of(stand_in: ImageBuilderStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            answered = stand_in.answer(self.path, body)
            self.close_connection = True
            if answered is None:
                return
            status, code, content = answered
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Connection", "close")
            if code:
                self.send_header("x-amzn-ErrorType", code)
            self.end_headers()
            self.wfile.write(text)

        do_DELETE = do_GET = do_POST = do_PUT = _any  # noqa: N815  http.server's names

        def log_message(self, *_: object) -> None:
            """Every request would be a line."""

    return Handler
