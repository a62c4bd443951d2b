"""The config file of rejoin-edge as an operator has it: explained, checked, and with a certificate from elsewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from edge_program import LOOPBACK, PROGRAM, ROOT, Running, failing, require_program

EXAMPLE = ROOT / "packaging" / "rejoin-edge.conf"


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:
    require_program()


def check(config: Path, *arguments: str) -> tuple[int, list[str]]:
    """The exit status of --check-config, and the lines that it printed."""
    run = subprocess.run(
        [PROGRAM, "--config", config, "--check-config", *arguments],
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert run.stderr == ""
    return run.returncode, run.stdout.splitlines()


def write(tmp_path: Path, text: str) -> Path:
    config = tmp_path / "edge.conf"
    config.write_text(text)
    return config


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two directories with a certificate.pem and its key.pem each."""
    made = []
    for name in ("one", "two"):
        data = tmp_path_factory.mktemp(name)
        Running(*LOOPBACK, "--data-dir", str(data)).end()
        made.append(data)
    return made


# ---- the example -----------------------------------------------------------------------------------------------------


def test_the_example_is_what_the_program_prints() -> None:
    told = subprocess.run([PROGRAM, "--example-config"], capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")
    assert EXAMPLE.read_text() == told.stdout


def test_the_example_is_fine_as_it_stands(tmp_path: Path) -> None:
    assert check(EXAMPLE) == (0, [f"{EXAMPLE}: fine"])
    data = tmp_path / "data"
    edge = Running("--config", str(EXAMPLE), *LOOPBACK, "--data-dir", str(data))
    assert edge.end() == (0, "")


def test_the_example_is_fine_with_every_default_said(tmp_path: Path) -> None:
    said = re.sub(r"^#(\w+ = .+|\[app .*)$", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE)
    keys = re.findall(r"^(\w+) = ", said, flags=re.MULTILINE)
    assert {"listen", "drain", "sessions", "loopback", "offline", "format"} <= set(keys)
    config = write(tmp_path, said)
    assert check(config) == (0, [f"{config}: fine"])


# ---- --check-config --------------------------------------------------------------------------------------------------


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    config = write(
        tmp_path,
        "[edge]\nlisten=7443\ndrian=5\ndrain=-1\n[zzzzzz]\nany=1\nthing=2\n[limits]\nsessions=0\n"
        "[log]\nlevel=loud\nformat=xml\nlines_per_second=1\n[app shop]\ncertificate2=1\n",
    )
    status, lines = check(config)
    assert status == 1
    assert [line.split(":")[1] for line in lines] == ["2", "3", "4", "5", "9", "11", "12", "15"]
    assert lines[2] == (f'{config}:4: drain is "-1"; it must be a number of seconds from 0 to 3600')
    assert lines[5] == f'{config}:11: level is "loud"; it must be error, warning, info or debug'
    assert lines[6] == f'{config}:12: format is "xml"; it must be text or json'
    # and the same at a start, a line each
    run = subprocess.run([PROGRAM, "--config", config], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.splitlines() == [f"rejoin-edge: {line}" for line in lines]


def test_nothing_is_made_by_a_check(tmp_path: Path) -> None:
    config = write(tmp_path, f"[edge]\ndata_dir={tmp_path / 'data'}\n")
    assert check(config)[0] == 0
    assert not (tmp_path / "data").exists()


def test_every_file_that_is_named_is_looked_for(tmp_path: Path) -> None:
    nowhere, here = tmp_path / "nowhere", tmp_path / "here"
    here.write_text("a secret")
    config = write(
        tmp_path, f"[http]\ntoken_file={nowhere}\nkey={here}\n[webhooks]\nsecret_file={nowhere}\n"
    )
    assert check(config) == (
        1,
        [
            f"{config}:2: token_file: {nowhere}: No such file or directory",
            f"{config}:5: secret_file: {nowhere}: No such file or directory",
        ],
    )


def test_a_check_needs_a_file(tmp_path: Path) -> None:
    assert failing("--check-config").startswith("--check-config needs --config FILE")
    status, lines = check(tmp_path / "nowhere.conf")
    assert status == 1
    assert len(lines) == 1
    assert "nowhere.conf" in lines[0]


@pytest.mark.parametrize(
    "line",
    ["certificate SECRET", "SECRET", "certificate: SECRET", "certificate=SECRETä",
     "certificate=1\ncertificate=SECRET", "certificat=SECRET", "[certificate=SECRET"],
)  # fmt: skip
def test_secrets_are_not_shown(tmp_path: Path, line: str) -> None:
    secret = "5ec2e7" * 5
    status, lines = check(write(tmp_path, f"[app shop]\n{line.replace('SECRET', secret)}\n"))
    assert status == 1
    assert secret not in "".join(lines)


@pytest.mark.parametrize("group", ["cluster", "webhooks"])
def test_passwords_in_urls_are_not_shown(tmp_path: Path, group: str) -> None:
    status, lines = check(write(tmp_path, f"[{group}]\nservers nats://user:5ec2e7@host\n"))
    assert status == 1
    assert lines[0].endswith(":2: this is neither a group, nor KEY=VALUE, nor a comment (#)")


@pytest.mark.parametrize(
    ("server", "fine"),
    [("nats://host", True), ("nats://host:4222", True), ("tls://u:p/w@[::1]:4222", True),
     ("nats://host:0", False), ("nats://host:65536", False), ("nats://host:", False),
     ("nats://host:x", False), ("nats://a b:4222", False), ("nats://[::1:4222", False),
     ("nats://[]:4222", False), ("nats://:4222", False), ("nats://host:4222/x", False)],
)  # fmt: skip
def test_servers_of_a_cluster(tmp_path: Path, server: str, fine: bool) -> None:
    config = write(tmp_path, f"[cluster]\nservers = {server}\n")
    status, lines = check(config)
    if "built without libnats" in lines[0]:
        pytest.skip("built without libnats")
    assert status == (not fine), lines
    if not fine:
        assert lines[0].startswith(f"{config}:2: cluster servers has")


def test_a_missing_file_of_a_cluster_is_told_once(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    status, lines = check(
        write(tmp_path, f"[cluster]\nservers = nats://host\ncredentials = {nowhere}\n")
    )
    if "built without libnats" in lines[0]:
        pytest.skip("built without libnats")
    assert status == 1
    assert len(lines) == 1
    assert "credentials" in lines[0]


def test_escapes(tmp_path: Path) -> None:
    """GKeyFile's, and what is none of them stays: a regular expression's."""
    for pattern, fine in [
        (r"room-\d+", True),
        (r"a\\d", True),
        (r"(\d", False),
        (r"a\\\s(", False),
    ]:
        assert check(write(tmp_path, f"[edge]\nchannel_pattern={pattern}\n"))[0] == (not fine)


# ---- the certificate -------------------------------------------------------------------------------------------------


def test_a_certificate_from_elsewhere(tmp_path: Path, pairs: list[Path]) -> None:
    one = pairs[0]
    config = write(
        tmp_path, f"[edge]\ncertificate = {one / 'certificate.pem'}\nkey = {one / 'key.pem'}\n"
    )
    assert check(config) == (0, [f"{config}: fine"])
    data = tmp_path / "data"
    edge = Running("--config", str(config), *LOOPBACK, "--data-dir", str(data))
    assert edge.end() == (0, "")
    again = Running(*LOOPBACK, "--data-dir", str(one))
    again.end()
    assert edge.said["fingerprint"] == again.said["fingerprint"]
    assert sorted(path.name for path in data.iterdir()) == ["reset.key", "ticket.key"]


def test_certificates_that_will_not_do(tmp_path: Path, pairs: list[Path]) -> None:
    one, two = pairs
    certificate, key = one / "certificate.pem", one / "key.pem"
    nowhere = tmp_path / "nowhere.pem"
    for lines, complaints in [
        ([f"certificate={certificate}"], ["2: certificate is given without key"]),
        ([f"key={key}"], ["2: key is given without certificate"]),
        ([f"certificate={nowhere}", f"key={nowhere}"], ["2: certificate: ", "3: key: "]),
        ([f"certificate={certificate}", f"key={two / 'key.pem'}"], ["2: .*: key: .*do not match"]),
        ([f"certificate={key}", f"key={key}"], ["2: .*: certificate: "]),
        ([f"certificate={certificate}", f"key={certificate}"], ["2: .*: key: "]),
    ]:
        config = write(tmp_path, "\n".join(["[edge]", *lines, ""]))
        status, told = check(config)
        assert status == 1
        assert len(told) == len(complaints)
        for line, complaint in zip(told, complaints, strict=True):
            assert re.match(re.escape(f"{config}:") + complaint, line), line
        run = subprocess.run([PROGRAM, "--config", config], capture_output=True, text=True)
        assert run.returncode == 1
        assert run.stderr.splitlines() == [f"rejoin-edge: {line}" for line in told]


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def test_an_rsa_key_is_refused_in_words(tmp_path: Path) -> None:
    certificate, key = tmp_path / "rsa.pem", tmp_path / "rsa.key"
    made = ["-subj", "/CN=x", "-out", certificate, "-keyout", key]
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", *made)
    status, told = check(write(tmp_path, f"[edge]\ncertificate={certificate}\nkey={key}\n"))
    assert status == 1
    assert "RSA; an edge takes Ed25519 or ECDSA P-256" in told[0]


def test_a_chain_as_acme_clients_write_it(tmp_path: Path) -> None:
    """A leaf of P-256, and its issuer behind it."""
    p256 = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for name, extra in [("ca", ["-x509"]), ("leaf", [])]:
        made = ["-out", tmp_path / f"{name}.pem", "-keyout", tmp_path / f"{name}.key"]
        openssl("req", *extra, *p256, "-subj", f"/CN={name}", *made)
    issuer = ["-CA", tmp_path / "ca.pem", "-CAkey", tmp_path / "ca.key"]
    leaf = tmp_path / "leaf.crt"
    openssl("x509", "-req", "-in", tmp_path / "leaf.pem", *issuer, "-out", leaf, "-days", "10")
    chain = tmp_path / "fullchain.pem"
    chain.write_text(leaf.read_text() + (tmp_path / "ca.pem").read_text())
    config = write(tmp_path, f"[edge]\ncertificate={chain}\nkey={tmp_path / 'leaf.key'}\n")
    assert check(config) == (0, [f"{config}: fine"])
    edge = Running("--config", str(config), *LOOPBACK, "--data-dir", str(tmp_path / "data"))
    assert edge.end() == (0, "")
    told = subprocess.run(
        ["openssl", "x509", "-in", leaf, "-noout", "-fingerprint", "-sha256"],
        capture_output=True,
        text=True,
    )
    assert (
        told.stdout.partition("=")[2].strip().replace(":", "").lower() == edge.said["fingerprint"]
    )
