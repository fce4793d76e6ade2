"""What is compiled as it stands is the file that stands there."""

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def compiled_modules() -> list[str]:
    for node in ast.parse((ROOT / "setup.py").read_text("utf-8")).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "COMPILED"
        ):
            return list(ast.literal_eval(node.value))
    raise AssertionError("setup.py has no list COMPILED")


@pytest.mark.parametrize("path", compiled_modules())
def test_a_compiled_module_is_as_new_as_its_source(path: str) -> None:
    built = pytest.importorskip("fastdesk__mypyc", reason="nothing is compiled here, so nothing can be stale")
    module = importlib.import_module("fastdesk." + path.removesuffix(".py").replace("/", "."))
    assert Path(str(module.__file__)).suffix == ".so", f"{path} is not compiled: run `make test`"
    source = ROOT / "src/fastdesk" / path
    assert Path(built.__file__).stat().st_mtime >= source.stat().st_mtime, f"{path} is older: run `make test`"


def test_the_list_is_in_order_and_complete() -> None:
    paths = compiled_modules()
    assert paths == sorted(set(paths))
    assert [path for path in paths if not (ROOT / "src/fastdesk" / path).is_file()] == []
