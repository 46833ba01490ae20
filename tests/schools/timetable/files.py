"""Timetables as Optivum and aSc write them, made here."""

import io
import zipfile

HEAD = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<html>
<head>
{meta}
<title>Plan lekcji oddziału - {title}</title>
</head>
<body class="o">
<table border="0" width="100%"><tr><td class="tytul" colspan="2"><span class="tytulnapis">{title}</span></td></tr>
<tr><td align="left">
<table border="1" cellspacing="0" cellpadding="4" class="tabela">
<tr><th>Nr</th><th>Godz</th><th>Poniedziałek</th><th>Wtorek</th><th>Środa</th><th>Czwartek</th><th>Piątek</th></tr>
"""
FOOT = """</table>
</td></tr></table>
<p>Obowiązuje od: 1 września 2026 r.</p>
</body></html>
"""
META = '<meta http-equiv="Content-Type" content="text/html; charset={charset}">'


def lesson(subject, teacher="KL", room="104", number=1):
    return (
        f'<span class="p">{subject}</span> <a href="n{number}.html" class="n">{teacher}</a>'
        f' <a href="s{number}.html" class="s">{room}</a>'
    )


def page(title, rows, charset="utf-8", meta=None):
    """`rows`: hour → cells of five days."""
    body = "".join(
        f'<tr><td class="nr">{hour}</td>\n<td class="g"> 8:00- 8:45</td>\n'
        + "".join(f'<td class="l">{cell or "&nbsp;"}</td>\n' for cell in cells)
        + "</tr>\n"
        for hour, cells in rows.items()
    )
    text = HEAD.format(meta=META.format(charset=charset) if meta is None else meta, title=title) + body + FOOT
    return text.encode({"windows-1250": "cp1250", "utf-8": "utf-8"}.get(charset, charset))


def teacher_page(name):
    return (
        f'<html><head><meta charset="utf-8"></head><body><span class="tytulnapis">{name}</span></body></html>'.encode()
    )


def folder(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


ASC = """<?xml version="1.0" encoding="{encoding}"?>
<timetable importtype="database" options="idprefix:MyApp,daynumbering1" displayname="aSc 2026">
<periods options="canadd"><period name="1" short="1" period="1" starttime="8:00" endtime="8:45"/></periods>
<subjects>
<subject id="S1" name="Matematyka" short="mat"/>
<subject id="S2" name="Język angielski" short="ang"/>
</subjects>
<teachers>
<teacher id="T1" firstname="Katarzyna" lastname="Lewandowska" name="Lewandowska Katarzyna" short="KL"/>
<teacher id="T2" firstname="Ewa" lastname="Żółć" name="Żółć Ewa" short="EŻ"/>
</teachers>
<classrooms><classroom id="R1" name="104" short="104"/></classrooms>
<classes>
<class id="C1" name="4a" short="4a" teacherid="T1"/>
<class id="C2" name="5a" short="5a" teacherid="T2"/>
</classes>
<groups>
<group id="G1" name="Cała klasa" classid="C1" entireclass="1" divisiontag="0"/>
<group id="G2" name="Grupa 1" classid="C1" entireclass="0" divisiontag="1"/>
<group id="G3" name="Cała klasa" classid="C2" entireclass="1" divisiontag="0"/>
<group id="G4" name="chór" classid="C1" entireclass="0" divisiontag="2"/>
</groups>
<lessons>
<lesson id="L1" classids="C1" subjectid="S1" periodspercard="1" periodsperweek="2.0" teacherids="T1" classroomids="R1" groupids="G1" weeks="1"/>
<lesson id="L2" classids="C1" subjectid="S2" periodspercard="2" teacherids="T2,T1" groupids="G2"/>
<lesson id="L3" classids="C2,C1" subjectid="S1" periodspercard="1" teacherids="T2" groupids="G3,G4"/>
</lessons>
<cards>
<card lessonid="L1" classroomids="R1" period="1" weeks="1" days="10000"/>
<card lessonid="L1" classroomids="" period="2" weeks="11" days="00101"/>
<card lessonid="L2" classroomids="R1" period="3" weeks="10" days="01000"/>
<card lessonid="L3" classroomids="" period="4" weeks="01" days="00010"/>
{more}</cards>
</timetable>
"""


def asc(encoding="utf-8", more="", **replaced):
    text = ASC.format(encoding=encoding, more=more)
    for old, new in replaced.get("swap", {}).items():
        assert old in text
        text = text.replace(old, new)
    return text.encode({"windows-1250": "cp1250"}.get(encoding, encoding))
