"""The intranet: units of the organisation, who works in them, and where each one begins the day."""
