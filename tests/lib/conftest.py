"""Tests in this folder work on a heap."""

from tests.runtime.fixtures import heap, luajit_lines  # noqa: F401
