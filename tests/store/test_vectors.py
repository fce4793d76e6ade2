"""Vectors outlive a restart, one file for each tenant and model; a damaged file is none."""

from pathlib import Path

from fastdesk.model.ids import TenantId
from fastdesk.store.vectors import VectorFiles

SHOP = TenantId("shop")


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    VectorFiles(tmp_path / "vectors", "text/small:1").save(SHOP, {"a" * 32: [1.0, 2.0], "b" * 32: [3.0, 4.0]})
    loaded = VectorFiles(tmp_path / "vectors", "text/small:1").load(SHOP)
    assert {key: list(vector) for key, vector in loaded.items()} == {
        "a" * 32: [1.0, 2.0],
        "b" * 32: [3.0, 4.0],
    }
    assert VectorFiles(tmp_path / "vectors", "other").load(SHOP) == {}
    assert VectorFiles(tmp_path / "vectors", "text/small:1").load(TenantId("other")) == {}


def test_nothing_and_another_length(tmp_path: Path) -> None:
    files = VectorFiles(tmp_path, "m")
    files.save(SHOP, {})
    assert files.load(SHOP) == {}
    files.save(SHOP, {"a": [1.0], "b": [1.0, 2.0]})
    assert list(files.load(SHOP)) == ["a"]


def test_damaged_file_counts_as_none(tmp_path: Path) -> None:
    files = VectorFiles(tmp_path, "m")
    (tmp_path / "shop.m.npz").write_bytes(b"rubbish")
    assert files.load(SHOP) == {}
