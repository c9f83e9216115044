"""`python -m infra.local`, from the root of the checkout."""

from __future__ import annotations

from infra.local.commands import main

raise SystemExit(main())
