"""Small office files, written by hand: honest ones and such as want something that is none of their business."""

import io
import zipfile

PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{words}:1.0"'
    for name, words in (
        ("office", "office"), ("text", "text"), ("draw", "drawing"), ("style", "style"), ("script", "script"),
        ("presentation", "presentation"), ("svg", "svg-compatible"), ("table", "table"),
    )
)  # fmt: skip
LINKS = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ooo="http://openoffice.org/2004/office"'


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """The first part is stored, as OpenDocument wants its type."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(parts.items()):
            archive.writestr(name, content, zipfile.ZIP_DEFLATED if number else zipfile.ZIP_STORED)
    return made.getvalue()


def related(*links: tuple[str, str, bool]) -> str:
    """A part's relations: kind, target, whether it lies outside of the file."""
    rows = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"{" TargetMode=" if outside else ""}'
        f"{chr(34) + 'External' + chr(34) if outside else ''}/>"
        for number, (kind, target, outside) in enumerate(links, 1)
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}/relationships">{rows}</Relationships>'


def types(**parts: str) -> str:
    rows = "".join(
        f'<Override PartName="/{name.replace("__", "/")}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        f'{kind}+xml"/>'
        for name, kind in parts.items()
    )
    return (
        f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{rows}</Types>'
    )


def docx(text: str, picture: str = "") -> bytes:
    """`picture`: an address from which a picture shall be taken."""
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    drawn = ""
    if picture:
        drawn = (
            '<w:p><w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml"><v:shape style="width:90pt;height:90pt">'
            f'<v:imagedata xmlns:r="{OFFICE}" r:id="r1"/></v:shape></w:pict></w:r></w:p>'
        )
    return zipped(
        {
            "[Content_Types].xml": types(word__document="wordprocessingml.document.main"),
            "_rels/.rels": related(("officeDocument", "word/document.xml", False)),
            "word/_rels/document.xml.rels": related(*([("image", picture, True)] if picture else [])),
            "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{w}"><w:body><w:p><w:r><w:t>{text}</w:t>'
            f"</w:r></w:p>{drawn}</w:body></w:document>",
        }
    )


def xlsx(text: str, formula: str = "1+1") -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return zipped(
        {
            "[Content_Types].xml": types(
                xl__workbook="spreadsheetml.sheet.main", xl__worksheets__sheet1="spreadsheetml.worksheet"
            ),
            "_rels/.rels": related(("officeDocument", "xl/workbook.xml", False)),
            "xl/_rels/workbook.xml.rels": related(("worksheet", "worksheets/sheet1.xml", False)),
            "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{main}"><sheets><sheet name="Koszty" sheetId="1" '
            f'r:id="r1" xmlns:r="{OFFICE}"/></sheets></workbook>',
            "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData><row r="1">'
            f'<c r="A1" t="inlineStr"><is><t>{text}</t></is></c><c r="B1"><f>{formula}</f></c></row></sheetData>'
            f"</worksheet>",
        }
    )


def _odf(kind: str, parts: dict[str, str]) -> bytes:
    kind = f"application/vnd.oasis.opendocument.{kind}"
    rows = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>' for name in parts
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>{rows}</manifest:manifest>'
    )
    return zipped({"mimetype": kind, **parts, "META-INF/manifest.xml": manifest})


def odt(text: str, section: str = "", macro: str = "", pictures: tuple[str, ...] = ()) -> bytes:
    """`section`: a file whose words shall be taken in. `macro`: lines of Basic that run when it is opened. `pictures`:
    addresses from which pictures shall be taken.
    """
    inside = "".join(
        '<text:p><draw:frame text:anchor-type="as-char" svg:width="3cm" svg:height="3cm"><draw:image xlink:href="'
        f'{address}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame></text:p>'
        for address in pictures
    )
    if section:
        inside += (
            '<text:section text:name="S"><text:section-source xlink:href="' + section + '" xlink:type="simple"/>'
            "<text:p>pusto</text:p></text:section>"
        )
    parts = {
        "content.xml": f'<?xml version="1.0"?><office:document-content {ODF} {LINKS} office:version="1.2">'
        + (
            '<office:scripts><office:event-listeners><script:event-listener script:language="ooo:script" '
            'script:event-name="dom:load" xlink:href="vnd.sun.star.script:Standard.M.Main?language=Basic&amp;'
            'location=document" xlink:type="simple"/></office:event-listeners></office:scripts>'
            if macro
            else ""
        )
        + f"<office:body><office:text>{inside}<text:p>{text}</text:p></office:text></office:body>"
        "</office:document-content>"
    }
    if macro:
        library = "http://openoffice.org/2000/library"
        parts |= {
            "Basic/script-lc.xml": f'<?xml version="1.0"?><library:libraries xmlns:library="{library}" '
            'xmlns:xlink="http://www.w3.org/1999/xlink"><library:library library:name="Standard" library:link="false"/>'
            "</library:libraries>",
            "Basic/Standard/script-lb.xml": f'<?xml version="1.0"?><library:library xmlns:library="{library}" '
            'library:name="Standard" library:readonly="false" library:passwordprotected="false"><library:element '
            'library:name="M"/></library:library>',
            "Basic/Standard/M.xml": '<?xml version="1.0"?><script:module xmlns:script='
            '"http://openoffice.org/2000/script" script:name="M" script:language="StarBasic">'
            f"Sub Main\n{macro}\nEnd Sub</script:module>",
        }
    return _odf("text", parts)


def odp(*slides: str) -> bytes:
    pages = "".join(
        f'<draw:page draw:name="s{number}"><draw:frame svg:width="20cm" svg:height="3cm" svg:x="2cm" svg:y="2cm">'
        f"<draw:text-box><text:p>{words}</text:p></draw:text-box></draw:frame></draw:page>"
        for number, words in enumerate(slides, 1)
    )
    return _odf(
        "presentation",
        {
            "content.xml": f'<?xml version="1.0"?><office:document-content {ODF} {LINKS} office:version="1.2">'
            f"<office:body><office:presentation>{pages}</office:presentation></office:body></office:document-content>"
        },
    )


def pptx(words: str) -> bytes:
    """One slide with its master and layout, which the format wants."""
    p, a = (
        "http://schemas.openxmlformats.org/presentationml/2006/main",
        "http://schemas.openxmlformats.org/drawingml/2006/main",
    )
    spaces = f'xmlns:p="{p}" xmlns:a="{a}" xmlns:r="{OFFICE}"'
    tree = (
        '<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
        "{}</p:spTree></p:cSld>"
    )
    shape = (
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="T"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="900000" '
        'y="900000"/><a:ext cx="7000000" cy="1000000"/></a:xfrm><a:prstGeom prst="rect"/></p:spPr><p:txBody><a:bodyPr/>'
        f"<a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    map_ = "".join(
        f'{name}="{value}" '
        for name, value in (("bg1", "lt1"), ("tx1", "dk1"), ("bg2", "lt2"), ("tx2", "dk2"), ("hlink", "hlink"),
                            ("folHlink", "folHlink"), *((f"accent{n}", f"accent{n}") for n in range(1, 7)))
    )  # fmt: skip
    return zipped(
        {
            "[Content_Types].xml": types(
                ppt__presentation="presentationml.presentation.main",
                ppt__slides__slide1="presentationml.slide",
                ppt__slideMasters__m="presentationml.slideMaster",
                ppt__slideLayouts__l="presentationml.slideLayout",
            ),
            "_rels/.rels": related(("officeDocument", "ppt/presentation.xml", False)),
            "ppt/presentation.xml": f'<p:presentation {spaces}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="r1"/>'
            '</p:sldMasterIdLst><p:sldIdLst><p:sldId id="256" r:id="r2"/></p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/>'
            '<p:notesSz cx="6858000" cy="9144000"/></p:presentation>',
            "ppt/_rels/presentation.xml.rels": related(
                ("slideMaster", "slideMasters/m.xml", False), ("slide", "slides/slide1.xml", False)
            ),
            "ppt/slides/slide1.xml": f"<p:sld {spaces}>{tree.format(shape)}</p:sld>",
            "ppt/slides/_rels/slide1.xml.rels": related(("slideLayout", "../slideLayouts/l.xml", False)),
            "ppt/slideLayouts/l.xml": f'<p:sldLayout {spaces} type="blank">{tree.format("")}</p:sldLayout>',
            "ppt/slideLayouts/_rels/l.xml.rels": related(("slideMaster", "../slideMasters/m.xml", False)),
            "ppt/slideMasters/m.xml": f"<p:sldMaster {spaces}>{tree.format('')}<p:clrMap {map_}/><p:sldLayoutIdLst>"
            '<p:sldLayoutId id="2147483649" r:id="r1"/></p:sldLayoutIdLst></p:sldMaster>',
            "ppt/slideMasters/_rels/m.xml.rels": related(("slideLayout", "../slideLayouts/l.xml", False)),
        }
    )
