"""Materials of a consultation, of any form: texts, PDF and office files, slides, pictures, sound, films, links."""
