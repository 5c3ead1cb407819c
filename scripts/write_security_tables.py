"""Writes the tables of rights anew: what roles may do, and what engineers need. Run it as `make docs`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support import engineer_rights, security_table  # noqa: E402  the path comes first

if __name__ == "__main__":
    for page, document in (
        (ROOT / "docs/security.md", security_table.document),
        (engineer_rights.PAGE, engineer_rights.document),
    ):
        page.write_text(document(page.read_text()))
        print(f"wrote {page.relative_to(ROOT)}")
