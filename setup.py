"""Packaging: three packages, one console script.

What people install is `jitvm`; `ir` and `x64` come along as its layers.  The run-time needs
nothing but iced-x86 (instruction encoding) and cffi (entering machine code).
"""

from __future__ import annotations

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
LAYERS = ("ir", "x64", "jitvm")
TEST_REQUIREMENTS = ["pytest>=7", "pytest-xdist>=3", "hypothesis>=6", "ruff>=0.4", "mypy>=1.8"]

setup(
    name="jitvm",
    version="0.1.0",
    description="A tracing just-in-time compiler for Lua, in Python all the way down",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    author="the jitvm authors",
    python_requires=">=3.10",
    packages=find_packages(include=[pattern for name in LAYERS for pattern in (name, f"{name}.*")]),
    install_requires=["iced-x86>=1.20", "cffi>=1.16"],
    extras_require={"test": TEST_REQUIREMENTS},
    entry_points={"console_scripts": ["jitvm = jitvm.__main__:main"]},
    classifiers=[
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3 :: Only",
        "Topic :: Software Development :: Compilers",
        "Topic :: Software Development :: Interpreters",
    ],
)
