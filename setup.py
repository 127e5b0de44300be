"""Packaging: three packages, two console scripts, and the VM image.

What people install is `jitvm`; `ir` and `x64` come along as its layers.  The run-time needs nothing but
iced-x86 (instruction encoding) and cffi (entering machine code).

A wheel contains the VM image, built here by jitvm itself: it is Python, so there is no compiler to find, but
what it makes is machine code for Linux on x86-64, and so the wheel is for that platform.  An editable
installation has none: the image is built at first use, and again when its sources change.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # Older versions of setuptools leave it to the package `wheel`.
    from wheel.bdist_wheel import bdist_wheel

HERE = Path(__file__).resolve().parent
LAYERS = ("ir", "x64", "jitvm")
RUN_REQUIREMENTS = ["iced-x86>=1.20", "cffi>=1.16"]
# Of jittrace, the second command.  jitvm itself does not import them.
TOOL_REQUIREMENTS = ["click>=8", "rich>=13"]
TEST_REQUIREMENTS = [
    "pytest>=7", "pytest-xdist>=3", "hypothesis>=6", "ruff>=0.4", "mypy>=1.8", "jsonschema>=4",
    *TOOL_REQUIREMENTS,
]  # fmt: skip


class BuildWithImage(build_py):
    """Copies the modules, then builds the image from the copies and puts it beside them."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.build_image()

    def build_image(self) -> None:
        built = Path(self.build_lib).resolve()
        folder = built / "jitvm" / "native"
        path = os.pathsep.join(filter(None, [str(built), os.environ.get("PYTHONPATH", "")]))
        command = [sys.executable, "-m", "jitvm.native.image", "--output", str(folder)]
        subprocess.run(command, cwd=built, env={**os.environ, "PYTHONPATH": path}, check=True)


class PlatformWheel(bdist_wheel):
    """For one platform, but any Python."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", super().get_tag()[2]


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
    package_data={"jitvm.model": ["*.schema.json"], "jitvm.jittrace": ["*.lua"], "jitvm.report": ["page/*"]},
    install_requires=RUN_REQUIREMENTS,
    extras_require={"tools": TOOL_REQUIREMENTS, "test": TEST_REQUIREMENTS},
    entry_points={
        "console_scripts": ["jitvm = jitvm.__main__:main", "jittrace = jitvm.jittrace.__main__:main"]
    },
    # An editable installation is the checkout's path, no finder of modules that every start of Python loads.
    options={"editable_wheel": {"mode": "compat"}},
    cmdclass={"build_py": BuildWithImage, "bdist_wheel": PlatformWheel},
    classifiers=[
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3 :: Only",
        "Topic :: Software Development :: Compilers",
        "Topic :: Software Development :: Interpreters",
    ],
)
