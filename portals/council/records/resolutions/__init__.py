"""The register of resolutions (rejestr uchwał)."""
