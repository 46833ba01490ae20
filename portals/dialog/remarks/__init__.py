"""Draft with remarks: a document in versions, remarks on its paragraphs, the office's position to each."""
