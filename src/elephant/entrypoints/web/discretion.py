"""What guests need not know: where on this server things lie."""


def without_paths(text: str) -> str:
    """The text with "…" for each path in it.

    A word that begins with a slash begins a path, and so far as words go on with slashes, it goes on: names of
    directories may hold spaces.
    """
    kept: list[str] = []
    for word in text.split():
        is_path = word.lstrip("'\"([{<`").startswith("/") or ("/" in word and kept[-1:] == ["…"])
        if not is_path:
            kept.append(word)
        elif kept[-1:] != ["…"]:
            kept.append("…")
    return " ".join(kept)
