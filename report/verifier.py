"""The verifier that lies in every pack, so that years later nobody has to look for one.

One file for Python 3.11 or newer: our own sources and nothing else, in the same order and with the
same dates each time, so that the same release gives the same bytes. It is read here, never run.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO

from evidence.archive import write_archive
from evidence.replay import installed_version

FOLDER = "verifier"
PROGRAM = f"{FOLDER}/evidence-verify.pyz"
README = f"{FOLDER}/README.txt"
REQUIREMENTS = f"{FOLDER}/requirements.txt"

# What verifies signatures is `evidence` and `verify`; with readers and checks it goes deeper.
_PACKAGES = ("evidence", "verify", "collectors", "checks")
_MAIN = b"from verify.cli import main\n\nmain()\n"
_NEEDED = ("cryptography", "rfc3161-client")
_README = """\
驗證程式 The verifier

  evidence-verify.pyz   驗證程式，僅含本系統之 Python 原始碼（ZIP 格式，可解壓檢視）
                        our own Python source and nothing else; a ZIP that can be looked into
  requirements.txt      所需之兩個套件 the two libraries it needs

需要 Needs
  Python 3.11 以上，以及 cryptography（簽章）與 rfc3161-client（時戳）。
  Python 3.11 or newer, cryptography (signatures) and rfc3161-client (time stamps).

離線安裝 To install without a network
  在可連線之電腦 On a machine with a network, of the same system and Python release:
    python -m pip download --only-binary :all: -r requirements.txt -d wheels
  將 wheels 資料夾帶至離線之電腦 Then, where there is none:
    python -m venv verify
    verify/bin/python -m pip install --no-index --find-links wheels -r requirements.txt
  （Windows：verify\\Scripts\\python）

執行 To run, with no network, account or program of ours besides
    verify/bin/python evidence-verify.pyz PACK.zip --keys agent.pem --store-key store.pem
  見證者與時戳 With a witness, and with the roots of the time-stamping authority:
    ... --witness-keys witness.pem --tsa-roots authority.pem
  PACK.zip 為收到之整個檔案，非解壓後之資料夾。公鑰與根憑證應向保管人索取，不可採用隨檔案附送者。
  PACK.zip is the file as you got it. Get keys and roots from their owners, never with this file.

結束代碼 Exit codes
  0 通過 holds · 1 不通過 does not hold · 2 無法讀取 unreadable · 3 未達要求 not shown

更深之層級 Deeper levels (--level re-read, re-judged)
  重新解析與重新判定另需 textfsm、ntc-templates、numpy；無此套件時如實列為未達該層級。
  Some readers need textfsm and ntc-templates, the checks need numpy; without them the level is
  reported as not reached, which is no fault of the evidence.

不信任本檔案所附程式者 Whoever does not trust a program that comes with what it verifies
  可改用另行取得之同版程式（本檔 SHA-256 應與其 `evidence-verify.pyz` 相同），或僅用 openssl 與
  sha256sum（見上一層 README.txt）。
  takes one of the same release from elsewhere, whose bytes are the same, or openssl and sha256sum
  alone (README.txt one folder up).
"""


def verifier() -> Iterator[tuple[str, bytes]]:
    """The members of a pack by which it can be verified, by name."""
    yield PROGRAM, program()
    yield REQUIREMENTS, "".join(f"{name}\n" for name in _NEEDED).encode()
    yield README, b"\xef\xbb\xbf" + _README.replace("\n", "\r\n").encode()


@cache
def program() -> bytes:
    """`evidence-verify` as one file that Python runs."""
    release = installed_version()
    members = {
        "__main__.py": _MAIN,
        # By this it knows its own release: readings are only held to theirs.
        f"evidence_agent-{release}.dist-info/METADATA": (
            f"Metadata-Version: 2.1\nName: evidence-agent\nVersion: {release}\n".encode()
        ),
    }
    for package in _PACKAGES:
        members.update(_sources(files(package), package))
    packed = BytesIO()
    write_archive(packed, members)
    return packed.getvalue()


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _sources(one, f"{name}/{one.name}")
        elif one.name.endswith(".py"):
            yield f"{name}/{one.name}", one.read_bytes()
