"""Documents for word processors (Office Open XML), with real headings and header rows. Blocking."""

import io
from datetime import datetime

import docx
from docx.document import Document
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from portals.council.records.documents.model import Composition, Heading, Paragraph, Signatures, Table


def docx_of(composition: Composition, made_at: datetime) -> bytes:
    """The composition as a .docx file."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.language = (
        composition.title,
        composition.office,
        composition.language,
    )
    properties.created = properties.modified = made_at
    properties.comments = ""
    _set_up(document, composition)
    for block in composition.blocks:
        match block:
            case Heading(level=level, text=text):
                document.add_heading(_clean(text), level=level)
            case Paragraph(text=text, term=term):
                paragraph = document.add_paragraph()
                if term:
                    paragraph.add_run(_clean(f"{term}: ")).bold = True
                paragraph.add_run(_clean(text))
            case Table():
                _table(document, block)
            case Signatures(people=people):
                paragraph = document.add_paragraph()
                paragraph.paragraph_format.space_before = Cm(2)
                paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(9), WD_TAB_ALIGNMENT.LEFT)
                paragraph.add_run("\t".join("…" * 20 for _person in people) + "\n" + "\t".join(map(_clean, people)))
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def _set_up(document: Document, composition: Composition) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2)
    normal = document.styles["Normal"]
    normal.font.size = Pt(10.5)
    normal.paragraph_format.space_after = Pt(4)
    # the language of the words, for spelling and for voices
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), f"{composition.language}-{'PL' if composition.language == 'pl' else 'GB'}")
    normal.element.get_or_add_rPr().append(language)
    section.footer.paragraphs[0].text = _clean(composition.note)


def _table(document: Document, block: Table) -> None:
    table = document.add_table(rows=1, cols=len(block.header), style="Table Grid")
    whole = sum(block.widths)
    for cell, text in zip(table.rows[0].cells, block.header, strict=True):
        cell.paragraphs[0].add_run(_clean(text)).bold = True
    # a header row is repeated on every page, and told as one
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(mark)  # noqa: SLF001  # the library has no name for it
    for row in block.rows:
        cells = table.add_row().cells
        for cell, text in zip(cells, row, strict=True):
            cell.text = _clean(text)
    for place, width in enumerate(block.widths):
        for cell in table.columns[place].cells:
            cell.width = Cm(16.6 * width / whole)


def _clean(text: str) -> str:
    """XML has no place for most control characters."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")
