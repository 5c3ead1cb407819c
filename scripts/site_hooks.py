"""What mkdocs.yml cannot say: the decision records stand in the navigation, in the order of their numbers."""

from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:  # noqa: ANN401  MkDocs' own configuration, which is untyped
    """Add every record to the end of the navigation, so that nobody has to list a new one."""
    records = sorted((Path(config["docs_dir"]) / "decisions").glob("[0-9]*.md"))
    config["nav"].append({"Decisions": ["decisions/index.md", *(f"decisions/{record.name}" for record in records)]})
    return config
