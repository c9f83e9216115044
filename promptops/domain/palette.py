"""The colours of every page: they follow the reader's light or dark setting."""

from __future__ import annotations

PALETTE = """
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --ink: #1a1f29; --soft: #566072; --line: #dde1e8; --well: #f8f9fb;
  --accent: #1f5fd1; --on-accent: #ffffff; --focus: #1f5fd1;
  --good: #14713d; --good-wash: #e3f5ea; --good-mark: #a9e2bf;
  --bad: #b3261e; --bad-wash: #fdeceb; --bad-mark: #f7b9b4;
  --warn: #7a4b00; --warn-wash: #fff3d9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10131a; --card: #181c25; --ink: #e7eaf0; --soft: #9ba5b7; --line: #2b3240; --well: #131720;
    --accent: #8ab4ff; --on-accent: #0b1220; --focus: #8ab4ff;
    --good: #7bd8a0; --good-wash: #12291d; --good-mark: #1f5a38;
    --bad: #ff9d95; --bad-wash: #2f1818; --bad-mark: #71302c;
    --warn: #f4c36a; --warn-wash: #2c2412;
  }
}
"""
