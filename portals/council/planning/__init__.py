"""Planning sessions: their agenda with sub-items, its import from a document, dates, calling off."""
