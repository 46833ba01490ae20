"""Copies the browser parts that pages use from node_modules to static/vendor, with their licences."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap/bootstrap.min.css",
    "bootstrap/LICENSE": "bootstrap/LICENSE",
    "hls.js/dist/hls.min.mjs": "hls/hls.min.mjs",
    "hls.js/dist/hls.worker.js": "hls/hls.worker.js",
    "hls.js/LICENSE": "hls/LICENSE",
    "pdfjs-dist/build/pdf.min.mjs": "pdfjs/pdf.min.mjs",
    "pdfjs-dist/build/pdf.worker.min.mjs": "pdfjs/pdf.worker.min.mjs",
    "pdfjs-dist/LICENSE": "pdfjs/LICENSE",
    "leaflet/dist/leaflet-src.esm.js": "leaflet/leaflet.mjs",
    "leaflet/dist/leaflet.css": "leaflet/leaflet.css",
    "leaflet/LICENSE": "leaflet/LICENSE",
    "media-chrome/LICENSE": "media-chrome/LICENSE",
    "uplot/dist/uPlot.esm.js": "uplot/uPlot.esm.js",
    "uplot/dist/uPlot.min.css": "uplot/uPlot.min.css",
    "uplot/LICENSE": "uplot/LICENSE",
}
FOLDERS = {"media-chrome/dist": "media-chrome"}


def main() -> None:
    source, target = ROOT / "node_modules", ROOT / "static" / "vendor"
    shutil.rmtree(target, ignore_errors=True)
    for origin, name in FILES.items():
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / origin, place)
    for origin, name in FOLDERS.items():
        for path in (source / origin).rglob("*.js"):
            relative = path.relative_to(source / origin)
            if relative.parts[0] in {"cjs", "iife", "react", "experimental"}:
                continue
            place = target / name / relative
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


if __name__ == "__main__":
    main()
