"""Words of papers, for the search: read from their files by a limited process."""
