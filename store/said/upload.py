"""Files people give: what they are is told by their bytes, never by their name."""

from __future__ import annotations

import io
import zipfile

from evidence.text import Text
from store.problems import Refused
from store.said.keep import Upload

LIMIT_BYTES = 20 * 1024 * 1024
TOO_LARGE = Text("A file has at most 20 MiB.", "檔案至多 20 MiB，請分割或壓縮影像後重新上傳。")
_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_BY_BYTES = Text(
    "What a file is, its bytes say, not its name; a work book with macros is not taken.",
    "檔案類型依內容判別，不依副檔名；含巨集之活頁簿亦不接受。",
)
_LONGEST_NAME = 120
_MOST_PARTS, _MOST_UNPACKED_BYTES = 2_000, 400 * 1024 * 1024


def checked(name: str, body: bytes) -> Upload:
    """The file, if it is of a kind that is taken. Raises Refused: `file_type`, `body_too_large`.

    PDF, PNG, JPEG and XLSX are; a work book with macros or active parts is not.
    """
    if len(body) > LIMIT_BYTES:
        raise Refused(f"more than {LIMIT_BYTES} bytes", code="body_too_large", said=TOO_LARGE)
    media_type = next((kind for start, kind in _STARTS if body.startswith(start)), None)
    if media_type is None and body.startswith(b"PK\x03\x04") and _is_book(body):
        media_type = _BOOK
    if media_type is None:
        raise Refused("neither PDF, PNG, JPEG nor XLSX", code="file_type", said=_BY_BYTES)
    return Upload(_plain(name), media_type, body)


def _is_book(body: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    names = {part.filename for part in parts}
    active = any("vbaProject" in name or "activeX" in name or "macro" in name for name in names)
    sized = len(parts) <= _MOST_PARTS and sum(p.file_size for p in parts) <= _MOST_UNPACKED_BYTES
    return "xl/workbook.xml" in names and "[Content_Types].xml" in names and sized and not active


def _plain(name: str) -> str:
    """A name to show: the last part of a path, printable, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in last if one.isprintable())[:_LONGEST_NAME] or "file"
