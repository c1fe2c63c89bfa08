"""The pages of a PDF as pictures, drawn by PDFium."""

from __future__ import annotations

import io
from collections.abc import Iterator

from matplotlib import image

from guidance.common.errors import UserError

_DPI = 150
"""Resolution of the pictures, dots per inch: small print is read on a screen, and a page has about 300 kB."""
_POINTS_PER_INCH = 72.0


def png_pages(pdf: bytes) -> Iterator[bytes]:
    """Yield each page of ``pdf`` as PNG. Raises UserError where PDFium is not installed."""
    try:
        import pypdfium2
    except ImportError:
        raise UserError(
            "Pages as PNG need PDFium, which is not installed: pip install 'needle-guidance[png]', or write a .pdf."
        ) from None
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            picture = page.render(scale=_DPI / _POINTS_PER_INCH, rev_byteorder=True).to_numpy()
            png = io.BytesIO()
            image.imsave(png, picture, format="png")
            yield png.getvalue()
    finally:
        document.close()
