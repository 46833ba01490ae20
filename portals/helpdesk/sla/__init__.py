"""Service levels: working calendars, targets, the clocks of each ticket, warnings and escalations."""
