"""Spreadsheets that people send (XLSX, ODS), read by a limited child: see reading.py."""
