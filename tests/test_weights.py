"""Files of weights: what is written comes back, whatever happens to the writer, and what is damaged is refused."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from seisgrad.errors import InputError, WorkError
from seisgrad.nn import tensor_files, weights


def network(width: int = 4) -> nn.Module:
    return nn.Sequential(nn.Linear(3, width), nn.GELU(), nn.Linear(width, 2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    weights.save(tmp_path / "net", network(), {"network": "toy", "arguments": {"width": 4}})
    return tmp_path / "net"


def edit(folder: Path, **entries: object) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | entries))


def test_a_network_comes_back_bit_for_bit(tmp_path: Path) -> None:
    made, other = network(), network()
    weights.save(tmp_path, made, {"network": "toy"})
    tensors, card = weights.load(tmp_path)
    weights.put(tensors, other, tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(made.parameters(), other.parameters(), strict=True))
    assert card["network"] == "toy"
    assert card["format"] == 1
    assert {"version", "minimum_version", "sha256"} <= card.keys()
    assert {p.name for p in tmp_path.iterdir()} == {"card.json", "weights.safetensors"}


def test_no_pickle_is_ever_read(folder: Path) -> None:
    torch.save(network().state_dict(), folder / "weights.safetensors")
    with pytest.raises(InputError, match=r"weights\.safetensors"):
        weights.load(folder)


def test_what_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.card\.json cannot be read"):
        weights.load(tmp_path / "nowhere")
    (folder / "weights.safetensors").unlink()
    with pytest.raises(InputError, match=r"weights\.safetensors is missing beside card\.json"):
        weights.load(folder)


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_truncated_file_is_refused(folder: Path, keep: int) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"weights\.safetensors does not have the SHA-256"):
        weights.load(folder)


def test_every_edited_byte_is_noticed(folder: Path) -> None:
    path = folder / "weights.safetensors"
    whole = path.read_bytes()
    for at in range(0, len(whole), 37):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(InputError, match="SHA-256"):
            weights.load(folder)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"format": 99}, "format 99, this version reads 1 to 1; upgrade"),
        ({"format": "new"}, "format 'new'"),
        ({"format": -3}, "format -3"),
        ({"minimum_version": "99.1.0"}, r"needs seisgrad 99\.1\.0 or later"),
        ({"minimum_version": None}, "minimum_version None"),
        ({"sha256": "0" * 64}, "SHA-256"),
        ({"sha256": 1}, "states no sha256"),
    ],
)
def test_a_card_that_cannot_be_honoured_is_refused(folder: Path, entries: dict, words: str) -> None:
    edit(folder, **entries)
    with pytest.raises(InputError, match=words):
        weights.load(folder)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "null", "\x00"])
def test_a_card_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / "card.json").write_text(text)
    with pytest.raises(InputError, match=r"card\.json"):
        weights.load(folder)


def test_weights_that_are_not_finite_are_neither_written_nor_read(folder: Path) -> None:
    broken = network()
    broken[0].weight.data[0, 0] = torch.nan
    before = (folder / "weights.safetensors").read_bytes()
    with pytest.raises(WorkError, match=r"0\.weight are not finite"):
        weights.save(folder, broken, {})
    assert (folder / "weights.safetensors").read_bytes() == before
    card = json.loads((folder / "card.json").read_text())
    weights.files(folder).write(broken.state_dict(), card)
    with pytest.raises(InputError, match=r"not finite in 0\.weight"):
        weights.load(folder)


def test_weights_of_another_network_are_refused_by_name(folder: Path) -> None:
    tensors, _ = weights.load(folder)
    with pytest.raises(InputError, match=r"0\.weight is \(4, 3\) torch\.float32, expected \(5, 3\)"):
        weights.put(tensors, network(5), folder)
    with pytest.raises(InputError, match=r"2\.bias is unknown"):
        weights.put(tensors, network()[:1], folder)
    del tensors["0.bias"]
    with pytest.raises(InputError, match=r"0\.bias is missing"):
        weights.put(tensors, network(), folder)


class Killed(BaseException):
    """The end of a process, as far as its files can tell."""


@pytest.mark.parametrize("call", range(1, 4))
@pytest.mark.parametrize("twice", [False, True])
def test_a_kill_leaves_the_old_pair_or_the_new(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: int, twice: bool
) -> None:
    """Killed before any of the renames of a write, once or twice in a row, the folder loads, and is one of the two."""
    replace, calls = tensor_files.os.replace, 0

    def deadly(source: Path, target: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Killed
        replace(source, target)

    old = weights.load(folder)[0]
    new = [network(), network()][: 1 + twice]
    for made in new:
        calls = 0
        monkeypatch.setattr(tensor_files.os, "replace", deadly)
        with pytest.raises(Killed):
            weights.save(folder, made, {})
        monkeypatch.undo()
        found = weights.load(folder)[0]
        candidates = [old, *(m.state_dict() for m in new)]
        assert any(all(torch.equal(found[k], c[k]) for k in found) for c in candidates)
    weights.save(folder, new[0], {})
    assert all(torch.equal(t, weights.load(folder)[0][k]) for k, t in new[0].state_dict().items())
