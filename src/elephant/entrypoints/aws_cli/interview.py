"""Answers: from flags, from the file, from whoever sits here; and what to do about one that is wrong."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from elephant.bootstrap.installation_file import Installation, read_installation, read_value, write_installation
from elephant.entrypoints.aws_cli.options import say
from elephant.ports.errors import InvalidField, Permanent

TOKEN = "dns_token"  # noqa: S105  the name of an answer
TOKEN_VARIABLE = "ELEPHANT_DNS_TOKEN"  # noqa: S105  the name of a variable


class Interview:
    """`kept` is what is known so far; each step's answers are in the file before the next step begins."""

    def __init__(self, file: Path, given: Mapping[str, object], *, asks: bool, token_file: Path | None) -> None:
        self.kept = read_installation(file) if file.exists() else Installation()
        self.problems: list[InvalidField] = []
        self._file, self._asks, self._token_file = file, asks, token_file
        self._given = {name: value for name, value in given.items() if value not in (None, [], ())}
        self._doubtful: set[str] = set()

    def settle(self, step: Callable[[], None]) -> bool:
        """Take a step; what is wrong is asked again where somebody can answer, else noted. False where it was."""
        before = self.kept
        while True:
            try:
                step()
            except InvalidField as error:
                if not self._asks:
                    self.problems.append(error)
                    self.kept = before
                    return False
                say(str(error), "red")
                self._given.pop(error.field, None)
                self._doubtful.add(error.field)
            else:
                self._save()
                return True

    def answer(self, field: str, question: str, propose: Callable[[], str] = str, *, is_wanted: bool = True) -> Any:  # noqa: ANN401  text or texts
        """Make sure that a field has a value, and return it; what to `propose` is only found out where it is asked.

        Raises InvalidField for none, or one that cannot be.
        """
        value: Any = self._given.get(field)
        if value is None and field in self.kept.said and field not in self._doubtful:
            held = getattr(self.kept, field)
            value = None if is_wanted and held in ("", ()) else held
        if value is None:
            value = self._ask(question, propose()) if self._asks else propose()
        try:
            found = read_value(field, list(value) if isinstance(value, tuple) else value)
        except ValueError as error:
            raise InvalidField(field, str(error)) from error
        if is_wanted and found in ("", ()):
            raise InvalidField(field, f"is missing: give --{field.replace('_', '-')}, or a line in {self._file}")
        self.keep(**{field: found})
        self._doubtful.discard(field)
        return found

    def token(self, held: Callable[[], str]) -> str:
        """The credential of the DNS provider: from the file named, the environment, what is `held`, or a hidden prompt.

        Raises InvalidField where there is none, and Permanent where the file cannot be read.
        """
        text = ""
        if TOKEN not in self._doubtful:
            text = self._token_given() or held()
        if not text and self._asks:
            text = str(
                typer.prompt("The DNS provider's token (not shown)", hide_input=True, default="", show_default=False)
            )
        if not text:
            raise InvalidField(TOKEN, f"is missing: set {TOKEN_VARIABLE}, or give --dns-token-file")
        return text

    def keep(self, **values: object) -> None:
        """Know these from now on."""
        self.kept = replace(self.kept, **values, said=self.kept.said | values.keys())  # type: ignore[arg-type]

    def _save(self) -> None:
        write_installation(self._file, self.kept)

    def _token_given(self) -> str:
        if self._token_file is not None:
            try:
                return self._token_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise Permanent(
                    f"--dns-token-file {self._token_file} cannot be read: {type(error).__name__}"
                ) from error
        return os.environ.get(TOKEN_VARIABLE, "").strip()

    @staticmethod
    def _ask(question: str, proposal: str) -> str:
        return str(typer.prompt(question, default=proposal, show_default=bool(proposal)))
