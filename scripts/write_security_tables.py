"""Writes the tables of docs/security.md anew out of infra/template.yaml. Run it as `make docs`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.security_table import document  # noqa: E402  the path comes first

if __name__ == "__main__":
    page = ROOT / "docs/security.md"
    page.write_text(document(page.read_text()))
    print(f"wrote {page.relative_to(ROOT)}")
